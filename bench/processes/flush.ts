import * as grpc from '@grpc/grpc-js';
import { ConsultationDrafted, type CreateConsultationRequest, CreateConsultationResponse } from '@jonction/contracts';
import { defineEntity, type EntityManager, MikroORM, p } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { answer } from '../child.ts';
import { bind, shapeOf } from './serve.ts';

const Consultation = defineEntity({
  name: 'Consultation',
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
    version: p.integer().version(),
  },
});
const Outbox = defineEntity({
  name: 'Outbox',
  tableName: 'outbox',
  properties: {
    position: p.bigint().primary().autoincrement(),
    eventId: p.uuid(),
    operator: p.string(),
    memberId: p.string(),
    aggregateId: p.string(),
    seq: p.integer(),
    type: p.string(),
    body: p.text(),
    traceparent: p.string(),
    causation: p.string(),
    correlation: p.string(),
    occurredAt: p.datetime(),
  },
});
const Idempotency = defineEntity({
  name: 'Idempotency',
  tableName: 'idempotency',
  properties: {
    operator: p.string().primary(),
    rpc: p.string().primary(),
    requestId: p.string().primary(),
    contentHash: p.blob(),
    response: p.blob(),
  },
});

const operator = 'bfc';
const rpc = 'ConsultationService/CreateConsultation';
const contentHash = Buffer.alloc(32, 7);
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** The three rows of a durable command, and nothing else of it. */
function persist(em: EntityManager, request: CreateConsultationRequest) {
  const { memberId, title, deadline = new Date(), requestId } = request;
  const now = new Date();
  const consultationId = uuidv7();
  const state = { consultationId, operator, memberId, buyerName: 'Saint-Jean-de-Losne', title, deadline };
  const status = 'CONSULTATION_STATUS_DRAFT' as const;
  em.create(Consultation, { ...state, status, publishedAt: null, closedAt: null, version: 1 });
  em.create(Outbox, {
    eventId: uuidv7(),
    operator,
    memberId,
    aggregateId: consultationId,
    seq: 1,
    type: ConsultationDrafted.$type,
    body: JSON.stringify(ConsultationDrafted.toJSON({ operator, memberId, consultationId, title, deadline })),
    traceparent,
    causation: '',
    correlation: uuidv7(),
    occurredAt: now,
  });
  const response: CreateConsultationResponse = {
    consultation: CreateConsultationResponse.fromPartial({ consultation: { ...state, status, etag: 'v1' } })
      .consultation,
  };
  const kept = Buffer.from(CreateConsultationResponse.encode(response).finish());
  em.create(Idempotency, { operator, rpc, requestId, contentHash, response: kept });
  return response;
}

// The floors of a durable command: MikroORM alone, one flush a call behind a bare gRPC handler, or many items a flush.
let orm: MikroORM;

async function listen({ url }: { url: string }): Promise<string> {
  orm = await MikroORM.init({
    clientUrl: url,
    entities: [Consultation, Outbox, Idempotency],
    pool: { min: 1, max: 16 },
  });
  const server = new grpc.Server();
  server.addService(
    { Create: shapeOf('create') },
    {
      Create: async (
        call: grpc.ServerUnaryCall<CreateConsultationRequest, CreateConsultationResponse>,
        reply: grpc.sendUnaryData<CreateConsultationResponse>,
      ) => {
        try {
          const em = orm.em.fork();
          const response = persist(em, call.request);
          await em.flush();
          reply(null, response);
        } catch (error) {
          console.error(error);
          reply({ code: grpc.status.INTERNAL });
        }
      },
    },
  );
  return bind(server);
}

/** Items a second. */
async function loop({ items, aFlush, memberId }: { items: number; aFlush: number; memberId: string }): Promise<number> {
  const startedAt = performance.now();
  for (let done = 0; done < items; done += aFlush) {
    const em = orm.em.fork();
    for (let at = 0; at < aFlush; at++) {
      persist(em, {
        terms: undefined,
        requestId: uuidv7(),
        memberId,
        title:
          'Réfection de la toiture et de la charpente de l’école élémentaire Jules Ferry, lot unique, avec variantes',
        deadline: new Date(Date.now() + 30 * 86_400_000),
      });
    }
    await em.flush();
  }
  return items / ((performance.now() - startedAt) / 1_000);
}

answer({ listen, loop });
