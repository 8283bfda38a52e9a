import type { SearchOrganizationsRequest, SearchOrganizationsResponse } from '@jonction/contracts';
import { checkFields, searchable, sql } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Member } from '../domain/member.ts';
import { membersAsOf } from './as-of.ts';

const MOST = 50;
const USUAL = 20;

// The index gives the nearest names; among equally near ones (five Bussières) the most inhabited comes first. Further than
// 0.7, two names have hardly three letters in a row in common.
const NEAREST = `
  select member_id as id from (
    select member_id, ceased_on, municipal_population, name_search <-> $1 as distance
    from member order by name_search <-> $1 limit 200
  ) as near
  where distance < 0.7 order by ceased_on is not null, distance, municipal_population desc, member_id limit $2`;

export async function searchOrganizations(
  em: EntityManager,
  { query, limit }: SearchOrganizationsRequest,
): Promise<SearchOrganizationsResponse> {
  const fields = checkFields();
  fields.text('query', query, { max: 100 });
  fields.expect(limit >= 0 && limit <= MOST, 'limit', `must be 0 to ${MOST}`);
  fields.done();
  const found = await sql<{ id: string }>(em, NEAREST, [searchable(query), limit || USUAL]);
  const members = await em.find(Member, { memberId: { $in: found.map(({ id }) => id) } });
  const byId = new Map((await membersAsOf(em, members, '')).map((member) => [member.memberId, member]));
  return { members: found.flatMap(({ id }) => byId.get(id) ?? []) };
}
