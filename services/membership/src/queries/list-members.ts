import { readPage, writePage } from '@jonction/commands';
import type { ListMembersRequest, ListMembersResponse } from '@jonction/contracts';
import { checkFields, containing, sql } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { membersAsOf } from './as-of.ts';

const MEMBERS = `
  select member_id, kind, departement_code, name_search from member where status <> 'MEMBER_STATUS_PROSPECT'`;
// Members of a day are those whose membership had begun, alive that day, under the name and the kind they had.
const MEMBERS_OF_A_DAY = `
  select m.member_id, coalesce(p.kind, m.kind) as kind, m.departement_code, n.name_search from member m
  left join past_description p on p.member_id = m.member_id and daterange(p.valid_from, p.valid_until, '[]') @> $4::date
  join member_name n on n.member_id = m.member_id and n.name = coalesce(p.name, m.name)
  where m.status <> 'MEMBER_STATUS_PROSPECT' and (m.ceased_on is null or m.ceased_on > $4)
    and exists (select from membership_step s where s.member_id = m.member_id and s.effective_on <= $4)`;
const FILTERS = `
  ($1 = 'ORGANIZATION_KIND_UNSPECIFIED' or kind = $1) and ($2 = '' or departement_code = $2)
  and ($3 = '%%' or name_search like $3)`;

export async function listMembers(em: EntityManager, request: ListMembersRequest): Promise<ListMembersResponse> {
  const { kind, departementCode, nameContains, asOf } = request;
  const fields = checkFields();
  fields.known('kind', kind, { optional: true });
  fields.text('departement_code', departementCode, { min: 0, max: 3 });
  fields.text('name_contains', nameContains, { min: 0, max: 100 });
  fields.day('as_of', asOf, { optional: true });
  fields.done();
  const filters = [kind, departementCode, nameContains, ...(asOf ? [asOf] : [])];
  const { limit, after } = readPage(request, filters, 2);
  const from = `from (${asOf ? MEMBERS_OF_A_DAY : MEMBERS}) as member where ${FILTERS}`;
  const given = [kind, departementCode, containing(nameContains), ...(asOf ? [asOf] : [])];
  const [at, then] = [given.length + 1, given.length + 2];
  const beyond = after ? `and (name_search, member_id) > ($${then}, $${then + 1}::uuid)` : '';
  const found = await sql<{ id: string; name: string }>(
    em,
    `select member_id as id, name_search as name ${from} ${beyond} order by name_search, member_id limit $${at}`,
    [...given, limit + 1, ...(after ?? [])],
  );
  const [count] = await sql<{ all: number }>(em, `select count(*)::int as all ${from}`, given);
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  const ids = page.map(({ id }) => id);
  return {
    members: await membersAsOf(em, ids, asOf),
    nextPageToken: writePage(last && [last.name, last.id], filters),
    totalSize: count?.all ?? 0,
  };
}
