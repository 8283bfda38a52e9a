import { readPage, writePage } from '@jonction/commands';
import type { ListMembersRequest, ListMembersResponse } from '@jonction/contracts';
import { checkFields, containing } from '@jonction/service';
import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { Member } from '../domain/member.ts';
import { membersAsOf } from './as-of.ts';

export async function listMembers(em: EntityManager, request: ListMembersRequest): Promise<ListMembersResponse> {
  const fields = checkFields();
  fields.known('kind', request.kind, { optional: true });
  fields.text('departement_code', request.departementCode, { min: 0, max: 3 });
  fields.text('name_contains', request.nameContains, { min: 0, max: 100 });
  fields.done();
  const { kind, departementCode, nameContains } = request;
  const filters = [kind, departementCode, nameContains];
  const { limit, after } = readPage(request, filters, 2);
  const where: FilterQuery<Member> = {
    status: { $ne: 'MEMBER_STATUS_PROSPECT' },
    ...(kind === 'ORGANIZATION_KIND_UNSPECIFIED' ? {} : { kind }),
    ...(departementCode ? { departementCode } : {}),
    ...(nameContains ? { nameSearch: { $like: containing(nameContains) } } : {}),
  };
  const [name = '', id = ''] = after ?? [];
  const beyond: FilterQuery<Member> = {
    $or: [{ nameSearch: { $gt: name } }, { nameSearch: name, memberId: { $gt: id } }],
  };
  const members = await em.find(Member, after ? { $and: [where, beyond] } : where, {
    orderBy: { nameSearch: 'asc', memberId: 'asc' },
    limit: limit + 1,
  });
  const page = members.slice(0, limit);
  const last = members.length > limit ? page.at(-1) : undefined;
  return {
    members: await membersAsOf(em, page, ''),
    nextPageToken: writePage(last && [last.nameSearch, last.memberId], filters),
    totalSize: await em.count(Member, where),
  };
}
