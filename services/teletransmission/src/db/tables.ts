import { defineEntity, p } from '@mikro-orm/core';
import { Act } from '../domain/act.ts';
import { KnownMember } from '../domain/known-member.ts';

export const tables = [
  defineEntity({
    class: Act,
    tableName: 'act',
    properties: {
      actId: p.uuid().primary(),
      operator: p.string(),
      memberId: p.uuid(),
      authorMemberId: p.uuid(),
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
      mergeId: p.uuid().nullable(),
      successorMemberId: p.uuid().nullable(),
    },
  }),
];
