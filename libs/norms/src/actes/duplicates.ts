import type { Reason } from '../xml/index.ts';
import type { Checked } from './check.ts';
import { reason } from './reason.ts';

/** What was sent before: archives by their bytes, envelopes by name, acts by SIREN and number. */
export interface Seen {
  archives: Set<string>;
  envelopes: Set<string>;
  acts: Set<string>;
}

export function nothingSeen(): Seen {
  return { archives: new Set(), envelopes: new Set(), acts: new Set() };
}

/**
 * Compares an archive with those that went before, and remembers it when it may leave. One that is refused never left: its
 * numbers stay free, but its very bytes are told when they come again.
 */
export function checkDuplicate({ sha256, envelope, acts, reasons }: Checked, seen: Seen): Reason[] {
  if (sha256 === '') return []; // it was not read to its end
  if (seen.archives.has(sha256)) return [reason('DUPLICATE_ARCHIVE', 'archive')];
  seen.archives.add(sha256);
  const found: Reason[] = [];
  if (seen.envelopes.has(envelope)) found.push(reason('DUPLICATE_ENVELOPE', 'archive'));
  if (acts.some((act, i) => seen.acts.has(act) || acts.indexOf(act) !== i))
    found.push(reason('DUPLICATE_ACT', 'archive'));
  if ([...reasons, ...found].some(({ severity }) => severity === 'refusal')) return found;
  seen.envelopes.add(envelope);
  for (const act of acts) seen.acts.add(act);
  return found;
}
