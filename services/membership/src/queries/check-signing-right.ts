import type { Caller } from '@jonction/commands';
import type { CheckSigningRightRequest, CheckSigningRightResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Agent } from '../domain/agent.ts';
import { Mandate, mustActFor, SigningDelegation } from '../domain/mandate.ts';
import { endOf, judge, type Title } from '../domain/signing.ts';

export async function checkSigningRight(
  em: EntityManager,
  { agentId, nature, amountCents, at: asked }: CheckSigningRightRequest,
  { caller, now }: { caller: Caller; now: Date },
): Promise<CheckSigningRightResponse> {
  const fields = checkFields();
  fields.uuid('agent_id', agentId);
  fields.known('nature', nature, { optional: true });
  fields.expect(amountCents >= 0n, 'amount_cents', 'must be an amount in cents, or 0');
  fields.time('at', asked);
  fields.done();
  const agent = await em.findOneOrFail(Agent, { agentId });
  mustActFor(agent.memberId, caller.memberId);
  const at = asked ?? now;
  const { verdict, title } = judge(await titlesOf(em, agentId), { nature, amountCents: Number(amountCents), at });
  return {
    ...{ agentId, at, maySign: title !== undefined, verdict },
    mandateId: title?.mandate.mandateId ?? '',
    delegationId: title?.delegation?.delegationId ?? '',
    endsAt: (title && endOf(title)) ?? undefined,
  };
}

async function titlesOf(em: EntityManager, agentId: string): Promise<Title[]> {
  const own = await em.find(Mandate, { agentId, executive: true });
  const delegations = await em.find(SigningDelegation, { agentId });
  const mandateId = { $in: delegations.map((delegation) => delegation.mandateId) };
  const under = delegations.length === 0 ? [] : await em.find(Mandate, { mandateId });
  const byId = new Map(under.map((mandate) => [mandate.mandateId, mandate]));
  return [
    ...own.map((mandate) => ({ mandate, delegation: undefined })),
    ...delegations.map((delegation) => ({ mandate: byId.get(delegation.mandateId) as Mandate, delegation })),
  ];
}
