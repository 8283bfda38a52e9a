import type { Asking } from '@jonction/commands';
import type {
  MergePlan,
  PreviewMergeRequest,
  PreviewMergeResponse,
  Running,
  RunningItem,
  ServicePreview,
} from '@jonction/contracts';
import { CallError } from '@jonction/contracts/client';
import { type Call, checkFields, traceparentOf } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import type { OtherService } from '../clients/other-services.ts';
import { checkPlan } from '../commands/plan.ts';
import { mustBeStartable } from '../commands/situation.ts';
import { Agent, Entitlement } from '../domain/agent.ts';
import type { Member } from '../domain/member.ts';
import { membersAsOf } from './as-of.ts';

/** One that has not answered by then is unknown; all are asked at once. */
const WITHIN_MS = 3_000;
/** Things shown of each kind; the rest is counted. */
const SHOWN = 10;

/** Says what an operation would touch here and in every other service, each of which judges the caller's rights itself. */
export const previewMerge =
  (others: OtherService[]): Asking<PreviewMergeRequest, PreviewMergeResponse> =>
  async (within, request, call) => {
    const { bodies, concerned, own } = await within((em, { now }) => lookHere(em, request, now));
    const services = await Promise.all(others.map((other) => ask(other, concerned, call)));
    return { bodies, services: [own, ...services] };
  };

async function lookHere(em: EntityManager, { plan }: PreviewMergeRequest, now: Date) {
  const fields = checkFields();
  const asked = checkPlan(fields, plan);
  fields.done();
  const { successor, predecessors, comingOut } = await mustBeStartable(
    em,
    { ...asked, successorMemberId: asked.successorMemberId || uuidv7() },
    now,
  );
  const members = [successor, ...predecessors, ...comingOut].filter((one) => one !== undefined);
  const concerned = concernedOf(asked, { successor, predecessors });
  const running = await runningHere(em, concerned, SHOWN);
  const own: ServicePreview = { service: 'membership', known: true, unknownFr: '', unknownEn: '', running };
  const idsOf = (bodies: Member[]) => bodies.map(({ memberId }) => memberId);
  return { bodies: await membersAsOf(em, idsOf(members), ''), concerned: idsOf(concerned), own };
}

/** Those whose running work another will answer for: all that go into another, or the commune out of which some come. */
function concernedOf(
  { kind }: MergePlan,
  { successor, predecessors }: { successor: Member | undefined; predecessors: Member[] },
): Member[] {
  return kind === 'MERGE_KIND_RESTORATION' && successor ? [successor] : predecessors;
}

/** A service that is down, slow, or does not let the caller read is not known: the preview says so instead of failing. */
async function ask(other: OtherService, memberIds: string[], call: Call): Promise<ServicePreview> {
  const { token, operator, trace } = call;
  const options = { token, operator, traceparent: traceparentOf(trace), deadlineMs: WITHIN_MS };
  const service = other.name;
  try {
    const { running } = await other.listRunning({ memberIds, limit: SHOWN }, options);
    return { service, known: true, unknownFr: '', unknownEn: '', running };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const { french, english } = error;
    return {
      ...{ service, known: false, running: [] },
      unknownFr: french || `${service} ne répond pas : ce qui y est en cours n’est pas connu. Recommencez plus tard.`,
      unknownEn: english || `${service} does not answer: what runs there is not known. Ask again later.`,
    };
  }
}

type Kind = (em: EntityManager, members: Member[]) => Promise<RunningItem[]>;

/** What membership itself knows of members that would go with them into another; one line a kind. */
const kinds: Record<string, Kind> = {
  membership: async (_, members) =>
    members
      .filter(({ admittedOn }) => admittedOn !== null)
      .map(({ memberId, name, status }) => item(memberId, memberId, name, status)),
  subscription: async (_, members) =>
    members.flatMap(({ memberId, services, status }) =>
      services.map((service) => item(memberId, memberId, service.replace('SUBSCRIBED_SERVICE_', ''), status)),
    ),
  agent: async (em, members) =>
    (await agentsOf(em, members)).map(({ agentId, memberId, displayName }) => item(agentId, memberId, displayName, '')),
  entitlement: async (em, members) => {
    const agents = new Map((await agentsOf(em, members)).map((agent) => [agent.agentId, agent.memberId]));
    const held = await em.find(Entitlement, { agentId: { $in: [...agents.keys()] }, revokedAt: null });
    return held.map(({ entitlementId, agentId, role }) =>
      item(entitlementId, agents.get(agentId) ?? '', role.replace('ROLE_', ''), ''),
    );
  },
};

/** What membership itself knows of some members, by kind: counted, and the first of each. */
async function runningHere(em: EntityManager, members: Member[], shown: number): Promise<Running[]> {
  const all: Running[] = [];
  for (const [kind, find] of Object.entries(kinds)) {
    const items = await find(em, members);
    all.push({ kind, count: items.length, items: items.slice(0, shown) });
  }
  return all;
}

function agentsOf(em: EntityManager, members: Member[]): Promise<Agent[]> {
  return em.find(
    Agent,
    { memberId: { $in: members.map((member) => member.memberId) } },
    { orderBy: { agentId: 'asc' } },
  );
}

function item(id: string, memberId: string, label: string, status: string): RunningItem {
  return { id, memberId, label, status, endsAt: undefined };
}
