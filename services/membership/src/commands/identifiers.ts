import type { Identifier as IdentifierMessage } from '@jonction/contracts';
import { checkInseeCode, checkSiren, checkSiret, type Verdict } from '@jonction/norms';
import type { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { dayBefore, Identifier, type Member } from '../domain/member.ts';
import { refuse } from '../refusals.ts';

const MOST_INHABITANTS = 20_000_000;

type Fields = ReturnType<typeof checkFields>;

const judges: Partial<Record<string, (value: string) => Verdict>> = {
  IDENTIFIER_SCHEME_SIREN: checkSiren,
  IDENTIFIER_SCHEME_SIRET: checkSiret,
  IDENTIFIER_SCHEME_INSEE: checkInseeCode,
};

/** Checks the key of a code. */
export function checkCode(fields: Fields, field: string, { scheme, value }: { scheme: string; value: string }): void {
  const verdict = judges[scheme]?.(value);
  if (verdict && !verdict.ok) fields.expect(false, field, `is not a code of this scheme: ${verdict.why}`);
}

/** Checks codes and the days they are valid. `where` is the field's proto name. */
export function checkIdentifiers(fields: Fields, where: string, identifiers: IdentifierMessage[], most: number): void {
  fields.expect(identifiers.length <= most, where, `must be ${most} at most`);
  for (const [at, identifier] of identifiers.slice(0, most).entries()) {
    const field = `${where}[${at}]`;
    const { scheme, validFrom, validUntil } = identifier;
    fields.known(`${field}.scheme`, scheme);
    checkCode(fields, `${field}.value`, identifier);
    fields.day(`${field}.valid_from`, validFrom, { optional: true });
    fields.day(`${field}.valid_until`, validUntil, { optional: true });
    const inOrder = !validFrom || !validUntil || validFrom <= validUntil;
    fields.expect(inOrder, `${field}.valid_until`, 'must not be before valid_from');
  }
}

/** Checks where a body lies and how many live there. `where` is empty or ends with a point. */
export function checkPlace(
  fields: Fields,
  where: string,
  { departementCode, municipalPopulation }: { departementCode: string; municipalPopulation: number },
): void {
  const known = /^([0-9][0-9AB][0-9]?)?$/.test(departementCode);
  fields.expect(known, `${where}departement_code`, 'must be the code of a departement');
  checkPopulation(fields, `${where}municipal_population`, municipalPopulation);
}

export function checkPopulation(fields: Fields, field: string, inhabitants: number): void {
  const possible = inhabitants >= 0 && inhabitants <= MOST_INHABITANTS;
  fields.expect(possible, field, 'must be a number of inhabitants');
}

/** Gives a body its codes. */
export function createIdentifiers(
  em: EntityManager,
  { operator, memberId }: Member,
  identifiers: IdentifierMessage[],
): Identifier[] {
  return identifiers.map(({ scheme, value, validFrom, validUntil }) =>
    em.create(Identifier, {
      identifierId: uuidv7(),
      operator,
      memberId,
      scheme,
      value,
      validFrom: validFrom || null,
      validUntil: validUntil || null,
    }),
  );
}

/** Ends codes the day before `on`. Throws DATES_CONTRADICT for one that is valid only since then. */
export function endIdentifiers(identifiers: Identifier[], on: string): void {
  for (const identifier of identifiers) {
    if (identifier.validFrom !== null && identifier.validFrom >= on)
      throw refuse('DATES_CONTRADICT', { since: identifier.validFrom });
    identifier.validUntil = dayBefore(on);
  }
}
