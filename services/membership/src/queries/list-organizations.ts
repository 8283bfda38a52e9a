import { readPage, writePage } from '@jonction/commands';
import type { ListOrganizationsRequest, ListOrganizationsResponse } from '@jonction/contracts';
import { checkFields, sql } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { membersAsOf } from './as-of.ts';

const ALL = 'select member_id as id from member where member_id > $1 order by member_id limit $2';
// A body that bears codes at some time lives while it bears one; of which no code is known, it is alive for all one knows.
const ALIVE = `
  select m.member_id as id from member m
  where m.member_id > $1 and (m.ceased_on is null or m.ceased_on > $3)
    and coalesce((select bool_or(daterange(i.valid_from, i.valid_until, '[]') @> $3::date) from identifier i
      where i.member_id = m.member_id), true)
  order by m.member_id limit $2`;
const FIRST = '00000000-0000-0000-0000-000000000000';

/** All that an operator knows, by id. Of a day, only those alive that day: they had not ceased, and bore a code. */
export async function listOrganizations(
  em: EntityManager,
  request: ListOrganizationsRequest,
): Promise<ListOrganizationsResponse> {
  const { asOf } = request;
  const fields = checkFields();
  fields.day('as_of', asOf, { optional: true });
  fields.done();
  const { limit, after: [from = FIRST] = [] } = readPage(request, [asOf], 1);
  const found = await sql<{ id: string }>(em, asOf ? ALIVE : ALL, [from, limit + 1, ...(asOf ? [asOf] : [])]);
  const ids = found.slice(0, limit).map(({ id }) => id);
  const last = found.length > limit ? ids.at(-1) : undefined;
  return { members: await membersAsOf(em, ids, asOf), nextPageToken: writePage(last ? [last] : undefined, [asOf]) };
}
