import { defineEntity, p } from '@mikro-orm/core';
import { AssessedContribution } from '../domain/assessed-contribution.ts';
import { Schedule } from '../domain/contribution-schedule.ts';
import { MemberSize } from '../domain/member-size.ts';

/** What members pay. As in tables.ts, the operator is the first part of each key in SQL. */
export const contributionTables = [
  defineEntity({
    class: Schedule,
    tableName: 'contribution_schedule',
    properties: {
      scheduleId: p.uuid().primary(),
      operator: p.string(),
      firstYear: p.integer(),
      lastYear: p.integer().nullable(),
      withdrawn: p.boolean(),
      lastAssessedYear: p.integer().nullable(),
      decisionRef: p.string(),
      content: p.json<object>(),
      adoptedAt: p.datetime(),
      adoptedByAgentId: p.string(),
      version: p.integer().version(),
    },
  }),
  defineEntity({
    class: AssessedContribution,
    tableName: 'contribution',
    properties: {
      contributionId: p.uuid().primary(),
      operator: p.string(),
      memberId: p.uuid(),
      year: p.integer(),
      scheduleId: p.uuid(),
      totalCents: p.bigint(),
      calculation: p.json<object>(),
      payers: p.json<AssessedContribution['payers']>(),
      assessedAt: p.datetime(),
      dueOn: p.date(),
      settledOn: p.date().nullable(),
      overdueOn: p.date().nullable(),
      version: p.integer().version(),
    },
  }),
  defineEntity({
    class: MemberSize,
    tableName: 'member_size',
    properties: {
      memberId: p.uuid().primary(),
      effectiveOn: p.date().primary(),
      operator: p.string(),
      budgetEuros: p.bigint().nullable(),
      staff: p.integer().nullable(),
    },
  }),
];
