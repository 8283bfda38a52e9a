import { readPage, writePage } from '@jonction/commands';
import type { ListOrganizationsRequest, ListOrganizationsResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { Identifier, Member } from '../domain/member.ts';
import { membersAsOf } from './as-of.ts';

/** All that an operator knows, by id. Of a day, only those alive that day: they had not ceased, and bore a code. */
export async function listOrganizations(
  em: EntityManager,
  request: ListOrganizationsRequest,
): Promise<ListOrganizationsResponse> {
  const { asOf } = request;
  const fields = checkFields();
  fields.day('as_of', asOf, { optional: true });
  fields.done();
  const { limit, after } = readPage(request, [asOf], 1);
  const alive: FilterQuery<Member> = asOf ? { $or: [{ ceasedOn: null }, { ceasedOn: { $gt: asOf } }] } : {};
  const [id = ''] = after ?? [];
  const where: FilterQuery<Member> = after ? { $and: [alive, { memberId: { $gt: id } }] } : alive;
  const members = await em.find(Member, where, { orderBy: { memberId: 'asc' }, limit: limit + 1 });
  const page = members.slice(0, limit);
  const last = members.length > limit ? page.at(-1) : undefined;
  const messages = await membersAsOf(em, page, asOf);
  // Of the present, all are told; of a day, those of which some code is known are left out while they bore none.
  const coded = asOf ? await bearers(em, page) : new Set<string>();
  return {
    members: messages.filter((one) => one.identifiers.length > 0 || !coded.has(one.memberId)),
    nextPageToken: writePage(last && [last.memberId], [asOf]),
  };
}

/** Those that bear a code at some time. A body of which no code is known is alive for all one knows. */
async function bearers(em: EntityManager, members: Member[]): Promise<Set<string>> {
  const found = await em.find(Identifier, { memberId: { $in: members.map((member) => member.memberId) } });
  return new Set(found.map((identifier) => identifier.memberId));
}
