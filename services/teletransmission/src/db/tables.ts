import { defineEntity, p } from '@mikro-orm/core';
import { Act } from '../domain/act.ts';
import { KnownMember } from '../domain/known-member.ts';
import { KnownDelegation, KnownMandate } from '../domain/signing-right.ts';

export const tables = [
  defineEntity({
    class: Act,
    tableName: 'act',
    properties: {
      actId: p.uuid().primary(),
      operator: p.string(),
      memberId: p.uuid(),
      number: p.string(),
      nature: p.string(),
      subject: p.string(),
      subjectCode: p.string(),
      decidedOn: p.date(),
      documentSha256: p.string(),
      documentSize: p.integer(),
      envelopeId: p.uuid(),
      status: p.string(),
      depositedAt: p.datetime(),
      transmittedAt: p.datetime().nullable(),
      receivedOn: p.date().nullable(),
      prefectureActId: p.string().nullable(),
      publishedOn: p.date().nullable(),
      enforceableOn: p.date().nullable(),
      anomalyCode: p.string().nullable(),
      anomalyDetail: p.string().nullable(),
      signatoryAgentId: p.uuid().nullable(),
      mandateId: p.uuid().nullable(),
      delegationId: p.uuid().nullable(),
      amountCents: p.bigint('number'),
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
      siren: p.string(),
      departementCode: p.string(),
    },
  }),
  defineEntity({
    class: KnownMandate,
    tableName: 'known_mandate',
    properties: {
      mandateId: p.uuid().primary(),
      operator: p.string(),
      memberId: p.uuid(),
      agentId: p.uuid(),
      startsAt: p.datetime().nullable(),
      endsAt: p.datetime().nullable(),
      ended: p.boolean(),
    },
  }),
  defineEntity({
    class: KnownDelegation,
    tableName: 'known_delegation',
    properties: {
      delegationId: p.uuid().primary(),
      operator: p.string(),
      memberId: p.uuid(),
      mandateId: p.uuid(),
      agentId: p.uuid(),
      natures: p.array(),
      maxAmountCents: p.bigint('number'),
      startsAt: p.datetime().nullable(),
      endsAt: p.datetime().nullable(),
      revoked: p.boolean(),
    },
  }),
];
