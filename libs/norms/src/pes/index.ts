export { certificatesOf } from '../signed/certificate.ts';
export {
  type Acquit,
  type AcquitElement,
  type Anomaly,
  readAcquit,
  readNonAcquit,
  STATUS,
  statusOf,
} from './acquit.ts';
export { checkAller, type FlowKey, isCodCol, keyOf } from './aller.ts';
export { type Checked, type CheckOptions, checkPes, type Kind } from './check.ts';
export { checkDuplicate, nothingSubmitted, type Submitted } from './duplicates.ts';
export { openReader, type Reader, type ReaderSettings, refusedWith } from './open-reader.ts';
export { type AcquitRetour, type Retour, readAcquitRetour, readRetour } from './retour.ts';
export { type SignatureOptions, verifySignatures } from './signatures.ts';
export { type Arrival, arrivals, type WatchOptions } from './watch.ts';
