import type { Term } from '@jonction/contracts';
import type { checkFields } from '@jonction/service';
import { midnightOf, type Rules } from '../domain/operator-rules.ts';

type Fields = ReturnType<typeof checkFields>;

/** Names what is wrong with the fields of a term. */
export function checkTerm(fields: Fields, term: Term | undefined): void {
  const { startsAt, startsOn = '', endsAt, endsOn = '' } = term ?? {};
  fields.day('term.starts_on', startsOn, { optional: true });
  fields.day('term.ends_on', endsOn, { optional: true });
  fields.expect(!startsAt || startsOn === '', 'term.starts_on', 'must not be given beside starts_at');
  fields.expect(!endsAt || endsOn === '', 'term.ends_on', 'must not be given beside ends_at');
}

/** The instants that a term means: days begin at midnight by the operator's clock, and the last one is whole. */
export function instantsOf(term: Term | undefined, rules: Rules, now: Date): { startsAt: Date; endsAt: Date | null } {
  const { startsAt, startsOn, endsAt, endsOn } = term ?? {};
  return {
    startsAt: startsAt ?? (startsOn ? midnightOf(rules, startsOn) : now),
    endsAt: endsAt ?? (endsOn ? midnightOf(rules, endsOn, 1) : null),
  };
}
