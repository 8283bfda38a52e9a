import { defineEntity, p } from '@mikro-orm/core';
import { Consultation } from '../domain/consultation.ts';
import { KnownMember } from '../domain/known-member.ts';
import { ConsultationTerms } from '../domain/terms.ts';

export const tables = [
  defineEntity({
    class: Consultation,
    tableName: 'consultation',
    properties: {
      consultationId: p.uuid().primary(),
      operator: p.string(),
      memberId: p.uuid(),
      buyerName: p.string(),
      title: p.string(),
      deadline: p.datetime(),
      status: p.string(),
      publishedAt: p.datetime().nullable(),
      closedAt: p.datetime().nullable(),
      procedure: p.string(),
      nature: p.string(),
      rulesVersion: p.string(),
      version: p.integer().version(),
    },
  }),
  defineEntity({
    class: ConsultationTerms,
    tableName: 'consultation_terms',
    properties: {
      consultationId: p.uuid().primary(),
      operator: p.string(),
      procedure: p.string(),
      nature: p.string(),
      buyerKind: p.string(),
      estimateCents: p.bigint('bigint'),
      urgent: p.boolean(),
      priorInformation: p.boolean(),
      onPaper: p.boolean(),
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
    },
  }),
];
