import { createHash } from 'node:crypto';
import type { ActServiceDefinition } from '@jonction/contracts';
import type { CallerOptions, Client } from '@jonction/contracts/client';
import { requestId } from './platform.ts';

type Acts = Client<typeof ActServiceDefinition>;

let drawn = 0;
/** A number that no act of this run bears yet; it ends in `ending`. */
export const actNumber = (ending = ''): string =>
  `T${(process.pid % 9_999).toString(36)}_${++drawn}${ending}`.toUpperCase();

/** A small PDF, unlike the others; `bytes` fill it to that size. */
export function pdf(bytes = 0): Buffer {
  const start = `%PDF-1.7\n% ${requestId()}\n`;
  const end = '\ntrailer << >>\n%%EOF\n';
  return Buffer.from(`${start}${'x'.repeat(Math.max(0, bytes - start.length - end.length))}${end}`);
}

/** A good header for a document; `more` replaces fields of it. */
export function actHeader(memberId: string, document: Buffer, more: object = {}) {
  return {
    requestId: requestId(),
    memberId,
    number: actNumber(),
    nature: 'ACT_NATURE_DELIBERATION' as const,
    subject: 'Attribution du marché de voirie',
    subjectCode: '1.1',
    decidedOn: '2026-01-05',
    documentSha256: createHash('sha256').update(document).digest('hex'),
    documentSize: BigInt(document.length),
    signatoryAgentId: '',
    amountCents: 0n,
    ...more,
  };
}

/** The messages of an upload: the header, then the document in pieces of 256 KiB. */
export async function* messagesOf(header: object, document: Buffer, piece = 256 * 1024) {
  yield { part: { $case: 'header' as const, value: header } };
  for (let at = 0; at < document.length; at += piece)
    yield { part: { $case: 'chunk' as const, value: document.subarray(at, at + piece) } };
}

/** Deposits a small act; `more` replaces fields of its header. */
export async function deposit(acts: Acts, memberId: string, more: object = {}, options: CallerOptions = {}) {
  const document = pdf();
  const { act } = await acts.depositAct(messagesOf(actHeader(memberId, document, more), document), options);
  if (!act) throw new Error('a deposit was answered without its act');
  return act;
}
