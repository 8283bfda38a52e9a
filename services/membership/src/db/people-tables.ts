import { defineEntity, p } from '@mikro-orm/core';
import { Mandate, SigningDelegation } from '../domain/mandate.ts';
import { Representative } from '../domain/representative.ts';

/** Who may sign, and who speaks for a member. */
export const peopleTables = [
  defineEntity({
    class: Mandate,
    tableName: 'mandate',
    properties: {
      mandateId: p.uuid().primary(),
      operator: p.string(),
      memberId: p.uuid(),
      agentId: p.uuid(),
      function: p.string(),
      executive: p.boolean(),
      startsAt: p.datetime(),
      endsAt: p.datetime().nullable(),
      endCause: p.string(),
      version: p.integer().version(),
    },
  }),
  defineEntity({
    class: SigningDelegation,
    tableName: 'signing_delegation',
    properties: {
      delegationId: p.uuid().primary(),
      operator: p.string(),
      memberId: p.uuid(),
      mandateId: p.uuid(),
      agentId: p.uuid(),
      natures: p.array(),
      maxAmountCents: p.bigint('number'),
      startsAt: p.datetime(),
      endsAt: p.datetime().nullable(),
      orderRef: p.string(),
      revokedAt: p.datetime().nullable(),
      warnedDays: p.integer(),
      version: p.integer().version(),
    },
  }),
  defineEntity({
    class: Representative,
    tableName: 'representative',
    properties: {
      appointmentId: p.uuid().primary(),
      operator: p.string(),
      memberId: p.uuid(),
      titularAgentId: p.uuid(),
      substituteAgentId: p.string(),
      effectiveOn: p.date(),
      decisionRef: p.string(),
    },
  }),
];
