import { defineEntity, p } from '@mikro-orm/core';
import { Agent, Entitlement } from '../domain/agent.ts';
import { MembershipStep } from '../domain/life.ts';
import { Identifier, Member, PastDescription } from '../domain/member.ts';
import { OperatorRules, type Rules } from '../domain/operator-rules.ts';
import { contributionTables } from './contribution-tables.ts';
import { mergeTables } from './merge-tables.ts';
import { peopleTables } from './people-tables.ts';

// Row-level security keeps every read and write within one operator, where these ids are unique; in SQL the operator is
// the first part of each key.
export const tables = [
  defineEntity({
    class: Member,
    tableName: 'member',
    properties: {
      memberId: p.uuid().primary(),
      operator: p.string(),
      organizationId: p.uuid(),
      kind: p.string(),
      name: p.string(),
      nameSearch: p.string(),
      departementCode: p.string(),
      municipalPopulation: p.integer(),
      status: p.string(),
      admittedOn: p.date().nullable(),
      statusSince: p.date().nullable(),
      leavesOn: p.date().nullable(),
      services: p.array(),
      epciSiren: p.string(),
      describedSince: p.date().nullable(),
      ceasedOn: p.date().nullable(),
      successorMemberId: p.uuid().nullable(),
      version: p.integer().version(),
    },
  }),
  defineEntity({
    class: Identifier,
    tableName: 'identifier',
    properties: {
      identifierId: p.uuid().primary(),
      operator: p.string(),
      memberId: p.uuid(),
      scheme: p.string(),
      value: p.string(),
      validFrom: p.date().nullable(),
      validUntil: p.date().nullable(),
    },
  }),
  defineEntity({
    class: PastDescription,
    tableName: 'past_description',
    properties: {
      pastDescriptionId: p.uuid().primary(),
      operator: p.string(),
      memberId: p.uuid(),
      kind: p.string(),
      name: p.string(),
      epciSiren: p.string(),
      municipalPopulation: p.integer(),
      validFrom: p.date().nullable(),
      validUntil: p.date(),
    },
  }),
  defineEntity({
    class: MembershipStep,
    tableName: 'membership_step',
    properties: {
      stepId: p.uuid().primary(),
      operator: p.string(),
      memberId: p.uuid(),
      kind: p.string(),
      status: p.string(),
      effectiveOn: p.date(),
      decisionRef: p.string(),
      service: p.string(),
      recordedAt: p.datetime(),
      recordedByAgentId: p.string(),
    },
  }),
  defineEntity({
    class: OperatorRules,
    tableName: 'operator_rules',
    properties: { operator: p.string().primary(), rules: p.json<Rules>() },
  }),
  defineEntity({
    class: Agent,
    tableName: 'agent',
    properties: {
      agentId: p.uuid().primary(),
      operator: p.string(),
      memberId: p.string(),
      subject: p.string(),
      displayName: p.string(),
      enrolledAt: p.datetime(),
      version: p.integer().version(),
    },
  }),
  defineEntity({
    class: Entitlement,
    tableName: 'entitlement',
    properties: {
      entitlementId: p.uuid().primary(),
      operator: p.string(),
      agentId: p.uuid(),
      role: p.string(),
      grantedAt: p.datetime(),
      revokedAt: p.datetime().nullable(),
    },
  }),
  ...peopleTables,
  ...contributionTables,
  ...mergeTables,
];
