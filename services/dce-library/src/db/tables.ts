import { defineEntity, p } from '@mikro-orm/core';
import { Shelf } from '../domain/shelf.ts';

export const tables = [
  defineEntity({
    class: Shelf,
    tableName: 'shelf',
    properties: {
      consultationId: p.uuid().primary(),
      operator: p.string(),
      memberId: p.uuid(),
      buyerName: p.string(),
      title: p.string(),
      search: p.string(),
      openUntil: p.datetime(),
      status: p.string(),
      openedAt: p.datetime(),
      closedAt: p.datetime().nullable(),
      revision: p.integer(),
      mergeId: p.uuid().nullable(),
      version: p.integer().version(),
    },
  }),
];
