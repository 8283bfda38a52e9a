import type { Operator } from './events.ts';
import type { Party, Reference } from './release.ts';

/** FR-RCS is the scheme of the national files for a SIRET, so that parties are the same there and here. */
export function partyOf({ typeIdentifiant, id }: Operator, role: Party['roles'][number], name?: string): Party {
  const scheme = typeIdentifiant === 'SIRET' ? 'FR-RCS' : typeIdentifiant;
  return { id: `${scheme}-${id}`, ...(name === undefined ? {} : { name }), identifier: { scheme, id }, roles: [role] };
}

/** Each holder once, though essential data should name it twice. */
export const suppliersOf = (operators: Operator[]): Party[] =>
  operators.map((operator) => partyOf(operator, 'supplier')).reduce(joined, []);

/** A party that has two roles stands once. */
export function joined(parties: Party[], one: Party): Party[] {
  const known = parties.find(({ id }) => id === one.id);
  return known ? parties.map((party) => (party === known ? withRolesOf([known], one) : party)) : [...parties, one];
}

/** Roles are a list of words, which a later release replaces as one: each release says all that a party has by then. */
export function withRolesOf(parties: Party[] | undefined, one: Party): Party {
  const known = parties?.find(({ id }) => id === one.id);
  return known ? { ...known, ...one, roles: [...new Set([...known.roles, ...one.roles])] } : one;
}

export const referenceTo = ({ id, name }: Party): Reference => ({ id, ...(name === undefined ? {} : { name }) });
