export { certificatesOf } from './certificate.ts';
export { type PdfOptions, type PdfSignatures, type PdfSigner, verifyPdf } from './pdf.ts';
