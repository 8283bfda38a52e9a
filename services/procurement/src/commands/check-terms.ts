import type { Terms } from '@jonction/contracts';
import type { checkFields } from '@jonction/service';

/** More than the State's budget of a year: a slip of the keyboard. */
const MOST_CENTS = 100_000_000_000_000n;

/** Checks what is said of a contract. */
export function checkTerms(
  fields: ReturnType<typeof checkFields>,
  { procedure, nature, buyerKind, estimateCents }: Terms,
) {
  fields.known('terms.procedure', procedure);
  fields.known('terms.nature', nature);
  fields.known('terms.buyer_kind', buyerKind, { optional: true });
  const possible = estimateCents > 0n && estimateCents <= MOST_CENTS;
  fields.expect(possible, 'terms.estimate_cents', 'must be above 0, in euro cents');
}
