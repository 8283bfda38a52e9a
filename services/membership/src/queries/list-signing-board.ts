import { type Caller, readPage, writePage } from '@jonction/commands';
import type { BoardLine, ListSigningBoardRequest, ListSigningBoardResponse, Signatory } from '@jonction/contracts';
import { checkFields, sql } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Agent } from '../domain/agent.ts';
import { Mandate, SigningDelegation } from '../domain/mandate.ts';
import { endOf, holdsAt, type Title } from '../domain/signing.ts';

const SOON = 30 * 86_400_000;

// `least` passes over what is null: the first end that is known.
const LINES = `
  with title as (
    select m.member_id, m.ends_at from mandate m
    where m.executive and m.starts_at <= $1 and (m.ends_at is null or m.ends_at > $1)
    union all
    select d.member_id, least(d.ends_at, d.revoked_at, m.ends_at) from signing_delegation d
    join mandate m on m.operator = d.operator and m.mandate_id = d.mandate_id
    where m.starts_at <= $1 and d.starts_at <= $1 and coalesce(least(d.ends_at, d.revoked_at, m.ends_at), 'infinity') > $1)
  select member_id as "memberId", name from member
  where member_id > $2 and ($3 = '' or member_id::text = $3) and status = any ($4) and (ceased_on is null)
    and ($5 <> 'BOARD_FILTER_NOBODY' or not exists (select from title t where t.member_id = member.member_id))
    and ($5 <> 'BOARD_FILTER_EXPIRING' or exists (select from title t where t.member_id = member.member_id and t.ends_at <= $6))
  order by member_id limit $7`;

/** Those whose membership is not over: all that could deposit something, now or after a suspension. */
const SHOWN = ['ACTIVE', 'SUSPENDED', 'WITHDRAWING', 'APPROVED'].map((status) => `MEMBER_STATUS_${status}`);
const FIRST = '00000000-0000-0000-0000-000000000000';

export async function listSigningBoard(
  em: EntityManager,
  request: ListSigningBoardRequest,
  { caller, now }: { caller: Caller; now: Date },
): Promise<ListSigningBoardResponse> {
  const { filter } = request;
  const fields = checkFields();
  fields.known('filter', filter, { optional: true });
  fields.time('at', request.at);
  fields.done();
  const filters = [request.at?.getTime() ?? '', filter];
  const { limit, after } = readPage(request, filters, 1);
  const at = request.at ?? now;
  const soon = new Date(at.getTime() + SOON);
  const asked = [at, after?.[0] ?? FIRST, caller.memberId, SHOWN, filter, soon, limit + 1];
  const members = await sql<Pick<BoardLine, 'memberId' | 'name'>>(em, LINES, asked);
  const page = members.slice(0, limit);
  const titles = await titlesOf(em, page, at);
  const names = await namesOf(em, [...titles.values()].flat());
  const last = members.length > limit ? page.at(-1) : undefined;
  return {
    lines: page.map((member) => {
      const its = titles.get(member.memberId) ?? [];
      return { ...member, signatories: its.map((title) => signatory(title, names, soon)) };
    }),
    nextPageToken: writePage(last && [last.memberId], filters),
  };
}

/** The titles that hold at an instant, by member; who signs by right first. */
async function titlesOf(em: EntityManager, members: { memberId: string }[], at: Date): Promise<Map<string, Title[]>> {
  const memberId = { $in: members.map((member) => member.memberId) };
  const holding = await em.find(Mandate, { memberId, executive: true, startsAt: { $lte: at } });
  const mandates = new Map(holding.filter((one) => one.holdsAt(at)).map((mandate) => [mandate.mandateId, mandate]));
  const given = await em.find(SigningDelegation, { mandateId: { $in: [...mandates.keys()] } });
  const delegated = given.toSorted((a, b) => (a.delegationId < b.delegationId ? -1 : 1));
  const all: Title[] = [
    ...[...mandates.values()].map((mandate) => ({ mandate, delegation: undefined })),
    ...delegated.map((delegation) => ({ mandate: mandates.get(delegation.mandateId) as Mandate, delegation })),
  ];
  return Map.groupBy(
    all.filter((title) => holdsAt(title, at)),
    ({ mandate }) => mandate.memberId,
  );
}

async function namesOf(em: EntityManager, titles: Title[]): Promise<Map<string, string>> {
  const agentId = { $in: titles.map((title) => whoSigns(title)) };
  const agents = await em.find(Agent, { agentId });
  return new Map(agents.map((agent) => [agent.agentId, agent.displayName]));
}

function signatory(title: Title, names: Map<string, string>, soon: Date): Signatory {
  const { mandate, delegation } = title;
  const end = endOf(title);
  const agentId = whoSigns(title);
  return {
    ...{ agentId, displayName: names.get(agentId) ?? '', mandateId: mandate.mandateId },
    delegationId: delegation?.delegationId ?? '',
    natures: delegation?.natures ?? [],
    maxAmountCents: BigInt(delegation?.maxAmountCents ?? 0),
    endsAt: end ?? undefined,
    expiresSoon: end !== null && end <= soon,
  };
}

function whoSigns({ mandate, delegation }: Title): string {
  return (delegation ?? mandate).agentId;
}
