import type { Description } from '@jonction/contracts';
import { defineEntity, p } from '@mikro-orm/core';
import { Consultation } from '../domain/consultation.ts';
import { KnownMember } from '../domain/known-member.ts';
import { Lot, RecordedLotStep } from '../domain/lot.ts';
import { ConsultationTerms } from '../domain/terms.ts';
import { ConsultationVersion } from '../domain/version.ts';

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
      reference: p.string(),
      description: p.json<Description | null>().nullable(),
      publishAt: p.datetime().nullable(),
      versions: p.integer(),
      version: p.integer().version(),
    },
  }),
  defineEntity({
    class: Lot,
    tableName: 'lot',
    properties: {
      lotId: p.uuid().primary(),
      operator: p.string(),
      consultationId: p.uuid(),
      lotNumber: p.integer(),
      title: p.string(),
      cpvCode: p.string(),
      placeCodes: p.array(),
      reservation: p.string(),
      status: p.string(),
      statusSince: p.datetime().nullable(),
      soleTenderer: p.boolean(),
      signFrom: p.datetime().nullable(),
      supplierSirets: p.array(),
      amountCents: p.bigint('bigint').nullable(),
      version: p.integer().version(),
    },
  }),
  defineEntity({
    class: RecordedLotStep,
    tableName: 'lot_step',
    properties: {
      stepId: p.uuid().primary(),
      operator: p.string(),
      consultationId: p.uuid(),
      lotNumber: p.integer(),
      kind: p.string(),
      occurredAt: p.datetime(),
      decisionRef: p.string(),
      supplierSirets: p.array(),
      amountCents: p.bigint('bigint'),
      tendersReceived: p.integer(),
      recordedAt: p.datetime(),
      recordedByAgentId: p.string(),
    },
  }),
  defineEntity({
    class: ConsultationVersion,
    tableName: 'consultation_version',
    properties: {
      consultationVersionId: p.uuid().primary(),
      operator: p.string(),
      consultationId: p.uuid(),
      number: p.integer(),
      publishedAt: p.datetime(),
      agentId: p.string(),
      title: p.string(),
      deadline: p.datetime(),
      description: p.json<Description | null>().nullable(),
      sha256: p.string(),
      changedFields: p.array(),
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
