import type { SearchOrganizationsRequest, SearchOrganizationsResponse } from '@jonction/contracts';
import { checkFields, searchable, sql } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { degreesOfLikeness, errorsBetween, errorsOfHaste } from '../domain/likeness.ts';
import { membersAsOf } from './as-of.ts';

const MOST = 50;
const USUAL = 20;
/** Letters in common say who is near, errors who is nearest: more are looked at than are told. */
const LOOKED_AT = 100;

// Why a function of the database looks: docs/decisions/036.
const CALLED = `
  select member_id as id, name_search as name, ceased, municipal_population as inhabitants from bodies_called($1, $2, $3, $4)`;

interface Found {
  id: string;
  name: string;
  ceased: boolean;
  inhabitants: number;
  errors: number;
}

/** Who is near enough is looked for; when nobody is as near as a person errs, further away. */
export async function searchOrganizations(
  em: EntityManager,
  { query, limit, asOf }: SearchOrganizationsRequest,
): Promise<SearchOrganizationsResponse> {
  const fields = checkFields();
  fields.text('query', query, { max: 100 });
  fields.expect(limit >= 0 && limit <= MOST, 'limit', `must be 0 to ${MOST}`);
  fields.day('as_of', asOf, { optional: true });
  fields.done();
  const asked = searchable(query);
  let found: Found[] = [];
  for (const alike of degreesOfLikeness(asked)) {
    const rows = await sql<Omit<Found, 'errors'>>(em, CALLED, [asked, alike, asOf || null, LOOKED_AT]);
    found = rows.map((row) => ({ ...row, errors: errorsBetween(asked, row.name) })).sort(byNearness);
    if (found[0] && found[0].errors <= errorsOfHaste(asked)) break;
  }
  const ids = found.slice(0, limit || USUAL).map(({ id }) => id);
  return { members: await membersAsOf(em, ids, asOf) };
}

/** Those that ceased last; the fewest errors; the shortest of those that hold it; the most inhabited of those called alike. */
function byNearness(a: Found, b: Found): number {
  return (
    Number(a.ceased) - Number(b.ceased) ||
    a.errors - b.errors ||
    a.name.length - b.name.length ||
    b.inhabitants - a.inhabitants ||
    (a.id < b.id ? -1 : 1)
  );
}
