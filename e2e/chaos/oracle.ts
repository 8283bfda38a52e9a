/**
 * Decides whether every accepted command had exactly one effect everywhere, in order, and nothing was lost. It shares no
 * code with the system: it reads the driver's journal, the tables and the streams, and knows the rules by itself.
 */
import type { Facts } from './facts.ts';
import type { Entry } from './journal.ts';
import { judgeActs } from './oracle-acts.ts';
import { judgeConsultations } from './oracle-consultations.ts';
import { judgeDelivery } from './oracle-delivery.ts';
import { judgeMembership } from './oracle-membership.ts';

/** What is wrong, a sentence each; empty when nothing is. */
export function judge(journal: Entry[], facts: Facts): string[] {
  return [
    ...judgeAnswers(journal, facts),
    ...judgeConsultations(journal, facts),
    ...judgeMembership(journal, facts),
    ...judgeActs(journal, facts),
    ...judgeDelivery(facts),
  ];
}

const RPCS: Record<Entry['kind'], string> = {
  admit: 'MembershipService/AdmitMember',
  enrol: 'MembershipService/EnrolAgent',
  grant: 'MembershipService/GrantEntitlement',
  revoke: 'MembershipService/RevokeEntitlement',
  create: 'ConsultationService/CreateConsultation',
  publish: 'ConsultationService/PublishConsultation',
  extend: 'ConsultationService/ExtendConsultation',
  close: 'ConsultationService/CloseConsultation',
  deposit: 'ActService/DepositAct',
  declare: 'ActService/MarkActPublished',
};

/** Each command has one answer, and those that were accepted, and only those, are remembered, once. */
function judgeAnswers(journal: Entry[], { membership, procurement, teletransmission }: Facts): string[] {
  const objections: string[] = [];
  for (const { requestId, outcome, consistent } of journal) {
    if (outcome === 'unknown') objections.push(`command ${requestId} never got an answer`);
    if (!consistent) objections.push(`command ${requestId} got two different answers`);
  }
  const remembered = new Map<string, number>();
  for (const { operator, rpc, requestId } of [membership, procurement, teletransmission].flatMap(
    ({ answered }) => answered,
  )) {
    const key = `${operator} ${rpc} ${requestId}`;
    remembered.set(key, (remembered.get(key) ?? 0) + 1);
  }
  for (const { operator, kind, requestId, outcome } of journal) {
    const key = `${operator} ${RPCS[kind]} ${requestId}`;
    const times = remembered.get(key) ?? 0;
    remembered.delete(key);
    const due = outcome === 'accepted' ? 1 : 0;
    if (times !== due) objections.push(`command ${requestId}, ${outcome}, is remembered ${times} times, not ${due}`);
  }
  for (const key of remembered.keys()) objections.push(`a command that nobody sent is remembered: ${key}`);
  return objections;
}
