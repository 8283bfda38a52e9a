import type { Agent as AgentMessage, Entitlement as EntitlementMessage } from '@jonction/contracts';
import type { Agent, Entitlement } from '../domain/agent.ts';

/** An agent as the contract shows it, with the entitlements given. */
export function agentMessage({ agentId, memberId, subject, displayName }: Agent, held: Entitlement[]): AgentMessage {
  return { agentId, memberId, subject, displayName, entitlements: held.map(entitlementMessage) };
}

export function entitlementMessage({ entitlementId, role, grantedAt }: Entitlement): EntitlementMessage {
  return { entitlementId, role, grantedAt };
}
