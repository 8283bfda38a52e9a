import type { Entry } from '../formats/index.ts';
import { verifyPdf } from '../signed/index.ts';
import type { Reason } from '../xml/index.ts';
import type { CheckOptions } from './check.ts';
import { reason, within } from './reason.ts';

export interface SignedDocument {
  entry: Entry;
  /** A public contract: nature 4, matter 1.1. */
  market: boolean;
}

/** Who signed a public contract, and whether they were allowed to, is settled before: its certificates are not judged. */
const OF_CERTIFICATES = ['PDF_CERTIFICATE_DATES', 'PDF_NOT_TRUSTED'];

/**
 * Verifies the PAdES signatures of documents. The ministry asks for none: one that is there must be right, and who made it
 * is judged when authorities to trust are given.
 */
export async function checkSignatures(
  documents: readonly SignedDocument[],
  { today, trusted }: CheckOptions,
): Promise<Reason[]> {
  const found: Reason[] = [];
  for (const { entry, market } of documents) {
    if (!entry.bytes) found.push(reason('SIGNATURE_NOT_READ', entry.name));
    else {
      const { reasons } = await verifyPdf(entry.bytes, {
        now: new Date(`${today}T23:59:59Z`),
        ...(trusted && { trusted }),
      });
      const told = reasons.filter(
        ({ code }) => code !== 'PDF_TRUST_NOT_JUDGED' && !(market && OF_CERTIFICATES.includes(code)),
      );
      found.push(...told.map((one) => within(entry.name, one)));
    }
  }
  return found;
}
