import type { ResolveIdentifierRequest, ResolveIdentifierResponse } from '@jonction/contracts';
import { checkFields, refuse } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { checkCode } from '../commands/identifiers.ts';
import { Identifier, Member } from '../domain/member.ts';
import { membersAsOf } from './as-of.ts';

/** The bearer of a code on a day; of a code that nobody bears any more, the body that has taken its last bearer's place by then. */
export async function resolveIdentifier(
  em: EntityManager,
  request: ResolveIdentifierRequest,
  { now }: { now: Date },
): Promise<ResolveIdentifierResponse> {
  const { scheme, value } = request;
  const fields = checkFields();
  fields.known('scheme', scheme);
  checkCode(fields, 'value', request);
  fields.day('as_of', request.asOf, { optional: true });
  fields.done();
  const day = request.asOf || now.toISOString().slice(0, 10);
  const known = await em.find(Identifier, { scheme, value });
  const borne = known.find((identifier) => identifier.isValidOn(day));
  const last =
    borne ??
    known
      .filter((one) => (one.validUntil ?? '') < day)
      .toSorted(byEnd)
      .at(-1);
  if (!last) throw refuse('NOT_FOUND', { what: `Member on ${day}` });
  const member = await bodyOf(em, last.memberId, day);
  const [message] = await membersAsOf(em, [member.memberId], day);
  return { member: message, formerBearerId: borne ? '' : last.memberId };
}

const byEnd = (a: Identifier, b: Identifier) => ((a.validUntil ?? '') < (b.validUntil ?? '') ? -1 : 1);

/** The body that stands, on a day, where this member stood. Each takes another's place once, so this ends. */
async function bodyOf(em: EntityManager, memberId: string, day: string): Promise<Member> {
  const passed = new Set<string>();
  let member = await em.findOneOrFail(Member, { memberId });
  while (
    member.ceasedOn !== null &&
    member.ceasedOn <= day &&
    member.successorMemberId &&
    !passed.has(member.memberId)
  ) {
    passed.add(member.memberId);
    member = await em.findOneOrFail(Member, { memberId: member.successorMemberId });
  }
  return member;
}
