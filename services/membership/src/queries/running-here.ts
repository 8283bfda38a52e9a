import type { Running, RunningItem } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Agent, Entitlement } from '../domain/agent.ts';
import type { Member } from '../domain/member.ts';

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
export async function runningHere(em: EntityManager, members: Member[], shown: number): Promise<Running[]> {
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
