import { defineEntity, p } from '@mikro-orm/core';
import { Merge, MergeBody, MergeStep } from '../domain/merge.ts';

export const mergeTables = [
  defineEntity({
    class: Merge,
    tableName: 'merge',
    properties: {
      mergeId: p.uuid().primary(),
      operator: p.string(),
      kind: p.string(),
      status: p.string(),
      effectiveOn: p.date(),
      successorMemberId: p.uuid(),
      plan: p.json(),
      version: p.integer().version(),
    },
  }),
  defineEntity({
    class: MergeBody,
    tableName: 'merge_body',
    properties: {
      mergeId: p.uuid().primary(),
      memberId: p.uuid().primary(),
      operator: p.string(),
      part: p.string(),
      running: p.boolean(),
    },
  }),
  defineEntity({
    class: MergeStep,
    tableName: 'merge_step',
    properties: {
      stepId: p.uuid().primary(),
      operator: p.string(),
      mergeId: p.uuid(),
      kind: p.string(),
      service: p.string(),
      count: p.integer(),
      recordedAt: p.datetime(),
      recordedByAgentId: p.string(),
      reason: p.string(),
      wordsFr: p.string(),
      wordsEn: p.string(),
    },
  }),
];
