import { setTimeout as delay } from 'node:timers/promises';
import { MembershipServiceDefinition } from '@jonction/contracts';
import { connectTo } from '@jonction/contracts/client';
import type { Stage } from './stage.ts';

export interface Buyer {
  operator: string;
  memberId: string;
  subject: string;
}

/** A member with an agent who may draft and publish its consultations, known to procurement. Both services must run. */
export async function enrolBuyer(stage: Stage, operator = 'bfc'): Promise<Buyer> {
  const subject = `buyer-${operator}`;
  const token = await stage.tokenOf(`${operator}-admin`);
  using membership = connectTo(MembershipServiceDefinition, stage.addressOf('membership'), { token, operator });
  const { member } = await membership.admitMember({
    requestId: `member-${operator}`,
    kind: 'ORGANIZATION_KIND_COMMUNE',
    name: 'Saint-Jean-de-Losne',
    departementCode: '21',
  });
  const memberId = member?.memberId ?? '';
  const displayName = 'Agent of a bench';
  const { agent } = await membership.enrolAgent({ requestId: `agent-${operator}`, memberId, subject, displayName });
  const agentId = agent?.agentId ?? '';
  await membership.grantEntitlement({ requestId: `right-${operator}`, agentId, role: 'ROLE_BUYER' });
  await rows(stage, 'procurement', 'select from access_right where agent_id = $1', [agentId]);
  return { operator, memberId, subject };
}

/** Waits, for a minute at most, until a query gives rows. */
export async function rows(stage: Stage, database: string, text: string, values: unknown[]): Promise<void> {
  const end = performance.now() + 60_000;
  while ((await stage.query(database, text, values)).length === 0) {
    if (performance.now() > end) throw new Error(`${database} does not come to: ${text}`);
    await delay(5);
  }
}
