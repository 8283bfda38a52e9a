import { defineEntity, p } from '@mikro-orm/core';
import { Consultation } from '../domain/consultation.ts';
import { KnownMember } from '../domain/known-member.ts';

export const tables = [
  defineEntity({
    class: Consultation,
    tableName: 'consultation',
    properties: {
      consultationId: p.uuid().primary(),
      operator: p.string(),
      memberId: p.uuid(),
      authorMemberId: p.uuid(),
      buyerName: p.string(),
      title: p.string(),
      deadline: p.datetime(),
      status: p.string(),
      publishedAt: p.datetime().nullable(),
      closedAt: p.datetime().nullable(),
      version: p.integer().version(),
    },
  }),
  defineEntity({
    class: KnownMember,
    tableName: 'known_member',
    properties: {
      memberId: p.uuid().primary(),
      operator: p.string(),
      name: p.string(),
      open: p.boolean(),
      mergeId: p.uuid().nullable(),
    },
  }),
];
