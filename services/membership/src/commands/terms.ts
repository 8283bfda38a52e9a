import type { Term } from '@jonction/contracts';
import type { checkFields } from '@jonction/service';
import { midnightOf, type Rules } from '../domain/operator-rules.ts';

type Fields = ReturnType<typeof checkFields>;

/** Names what is wrong with the fields of a term. */
export function checkTerm(fields: Fields, term: Term | undefined): void {
  const { startsAt, startsOn = '', endsAt, endsOn = '' } = term ?? {};
  checkDay(fields, 'term.starts_on', startsOn, startsAt);
  checkDay(fields, 'term.ends_on', endsOn, endsAt);
}

function checkDay(fields: Fields, field: string, day: string, instant: Date | undefined): void {
  if (instant && day !== '') fields.expect(false, field, 'must not be given beside an instant');
  else fields.day(field, day, { optional: true });
}

/** The instants that a term means: days begin at midnight by the operator's clock, and the last one is whole. */
export function instantsOf(term: Term | undefined, rules: Rules, now: Date): { startsAt: Date; endsAt: Date | null } {
  const { startsAt, startsOn, endsAt, endsOn } = term ?? {};
  return {
    startsAt: startsAt ?? (startsOn ? midnightOf(rules, startsOn) : now),
    endsAt: endsAt ?? (endsOn ? midnightOf(rules, endsOn, 1) : null),
  };
}
