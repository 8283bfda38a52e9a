import { randomUUID } from 'node:crypto';
import {
  ActServiceDefinition,
  ConsultationServiceDefinition,
  MembershipServiceDefinition,
  type Role,
  ShelfServiceDefinition,
} from '@jonction/contracts';
import { connectTo } from '@jonction/contracts/client';
import { admissionOf } from '../members.ts';
import { eventually, OPERATOR, type Scene } from './scene.ts';

/** What the agent of a small commune does: buys, and sends acts. */
const ROLES = ['ROLE_BUYER', 'ROLE_TRANSMITTER'] as const satisfies Role[];

/** The commune joins, its agent is enrolled and gets its rights, and every service has heard of it. */
export async function join(scene: Scene): Promise<void> {
  const { say, addressOf, commune, subject, traced } = scene;
  using membership = connectTo(MembershipServiceDefinition, addressOf('membership'), scene.administrator);
  await membership.admitMember(admissionOf(commune), traced);
  const { totalSize } = await membership.listMembers({ pageSize: 1 });
  say(`membership: ${commune.name} joined ${OPERATOR}, which has ${totalSize.toLocaleString('en-GB')} members now`);

  const agent = await agentOf(scene, membership);
  const missing = ROLES.filter((role) => !agent?.entitlements.some((held) => held.role === role));
  for (const role of missing)
    await membership.grantEntitlement({ requestId: randomUUID(), agentId: agent?.agentId ?? '', role }, traced);
  say(`membership: ${subject} may now buy and send acts for ${commune.name}`);
  await untilHeard(scene);
}

type Membership = ReturnType<typeof connectTo<typeof MembershipServiceDefinition>>;

/** The commune's agent, enrolled now unless it was on another day. */
async function agentOf({ commune: { memberId, name }, subject, traced }: Scene, membership: Membership) {
  const { agents } = await membership.listAgents({ memberId, pageSize: 500 });
  const known = agents.find((agent) => agent.subject === subject);
  const displayName = `Agent of ${name}`;
  return (
    known ?? (await membership.enrolAgent({ requestId: randomUUID(), memberId, subject, displayName }, traced)).agent
  );
}

/** Asked outside the trace: the refusals before the news is there are none of the day's. */
async function untilHeard({ say, addressOf, agent, subject }: Scene): Promise<void> {
  using procurement = connectTo(ConsultationServiceDefinition, addressOf('procurement'), agent);
  using library = connectTo(ShelfServiceDefinition, addressOf('dce-library'), agent);
  using acts = connectTo(ActServiceDefinition, addressOf('teletransmission'), agent);
  const page = { pageSize: 1 };
  await eventually('procurement to hear of the agent', () => procurement.listConsultations(page));
  await eventually('dce-library to hear of the agent', () => library.listShelves(page));
  await eventually('teletransmission to hear of the agent', () => acts.listActs(page));
  say(`procurement, dce-library and teletransmission heard of ${subject} and its rights`);
}

/** The right to buy is taken back, and the next consultation is refused. */
export async function revoke(scene: Scene): Promise<void> {
  const { say, addressOf, commune, subject, traced } = scene;
  using membership = connectTo(MembershipServiceDefinition, addressOf('membership'), scene.administrator);
  const agent = await agentOf(scene, membership);
  const held = agent?.entitlements.some(({ role }) => role === 'ROLE_BUYER');
  if (!agent || !held) throw new Error(`${subject} has no right to buy that could be taken back`);
  await membership.revokeEntitlement({ requestId: randomUUID(), agentId: agent.agentId, role: 'ROLE_BUYER' }, traced);
  say(`membership: ${subject} may no longer buy for ${commune.name}`);
  using procurement = connectTo(ConsultationServiceDefinition, addressOf('procurement'), scene.agent);
  const refusal = await eventually('procurement to hear that the right is gone', async () => {
    const requestId = randomUUID();
    const asked = {
      requestId,
      memberId: commune.memberId,
      title: 'Refused',
      deadline: new Date(Date.now() + 86_400_000),
    };
    try {
      await procurement.createConsultation(asked, traced);
    } catch (error) {
      return error as Error & { reason?: string };
    }
    throw new Error('a consultation was still accepted');
  });
  say(`procurement: its next consultation was refused: ${refusal.message}`);
}
