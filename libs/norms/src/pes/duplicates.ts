import type { Reason } from '../xml/index.ts';
import type { Checked } from './check.ts';
import { reason } from './reason.ts';

/** What was submitted before: a flow is known by (NomFic, CodCol) and by its bytes. */
export interface Submitted {
  keys: Set<string>;
  digests: Set<string>;
}

export function nothingSubmitted(): Submitted {
  return { keys: new Set(), digests: new Set() };
}

/** Whether a flow was submitted before; if it may be sent, it counts as submitted from now on. */
export function checkDuplicate({ kind, key, sha256, reasons }: Checked, submitted: Submitted): Reason[] {
  if (kind !== 'PES_Aller' || !key) return [];
  const name = JSON.stringify([key.nomFic, key.codCol]);
  if (submitted.digests.has(sha256)) return [reason('DUPLICATE_CONTENT', '1')];
  if (submitted.keys.has(name)) return [reason('DUPLICATE_NAME', '1')];
  if (reasons.some(({ severity }) => severity === 'refusal')) return [];
  submitted.keys.add(name);
  submitted.digests.add(sha256);
  return [];
}
