import { type Caller, readPage, writePage } from '@jonction/commands';
import type { ListVotesRequest, ListVotesResponse, Member as MemberMessage, Voter } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { rulesOf } from '../commands/rules.ts';
import { Member } from '../domain/member.ts';
import { type Rules, VOTING, voteOf } from '../domain/operator-rules.ts';
import { Representative } from '../domain/representative.ts';
import { membersAsOf } from './as-of.ts';

/** An assembly is counted whole each time: its members are some thousands, and a page without the totals misleads. */
export async function listVotes(
  em: EntityManager,
  request: ListVotesRequest,
  { caller, now }: { caller: Caller; now: Date },
): Promise<ListVotesResponse> {
  const fields = checkFields();
  fields.day('as_of', request.asOf, { optional: true });
  fields.done();
  const day = request.asOf || now.toISOString().slice(0, 10);
  const { limit, after } = readPage(request, [request.asOf], 1);
  const rules = await rulesOf(em, caller.operator);
  const known = await em.find(
    Member,
    { admittedOn: { $ne: null }, $or: [{ ceasedOn: null }, { ceasedOn: { $gt: day } }] },
    { orderBy: { memberId: 'asc' } },
  );
  const ids = known.map((member) => member.memberId);
  const all = voters(rules, await membersAsOf(em, ids, day), await representativesOn(em, day));
  const rest = after ? all.filter(({ memberId }) => memberId > (after[0] ?? '')) : all;
  const last = rest.length > limit ? rest[limit - 1] : undefined;
  return {
    voters: rest.slice(0, limit),
    colleges: colleges(rules, all),
    nextPageToken: writePage(last && [last.memberId], [request.asOf]),
  };
}

function voters(rules: Rules, members: MemberMessage[], speakers: Map<string, Representative>): Voter[] {
  return members.flatMap((member) => {
    const { memberId, status } = member;
    const vote = VOTING.includes(status) ? voteOf(rules, member) : undefined;
    const { titularAgentId = '', substituteAgentId = '' } = speakers.get(memberId) ?? {};
    return vote ? [{ memberId, collegeId: vote.college.id, votes: vote.votes, titularAgentId, substituteAgentId }] : [];
  });
}

/** Who speaks for each member on a day: the last appointed until then. */
async function representativesOn(em: EntityManager, day: string): Promise<Map<string, Representative>> {
  const orderBy = { effectiveOn: 'asc', appointmentId: 'asc' } as const;
  const appointed = await em.find(Representative, { effectiveOn: { $lte: day } }, { orderBy });
  return new Map(appointed.map((one) => [one.memberId, one]));
}

function colleges(rules: Rules, all: Voter[]): ListVotesResponse['colleges'] {
  return rules.colleges.map(({ id: collegeId, name, voice }) => {
    const its = all.filter((voter) => voter.collegeId === collegeId);
    const votes = its.reduce((sum, voter) => sum + voter.votes, 0);
    return { collegeId, name, voice: `VOICE_${voice}` as const, members: its.length, votes };
  });
}
