import { ConsultationPublished } from '@jonction/contracts';
import type { Child } from './child.ts';
import { rows } from './people.ts';
import { type Stage, TRACED } from './stage.ts';

/** Rows of an outbox, for as many consultations of 500 members of two operators. Gives the last position. */
const FILL = `
  with drawn as (
    select n, gen_random_uuid() as consultation_id, case when n % 6 = 0 then 'idf' else 'bfc' end as operator,
      ('00000000-0000-4000-8000-' || lpad((n % 500)::text, 12, '0')) as member_id
    from generate_series(1, $1::int) as n),
  filled as (
    insert into outbox (event_id, operator, member_id, aggregate_id, seq, type, body, traceparent, causation, correlation, occurred_at)
    select gen_random_uuid(), operator, member_id, consultation_id, 1, $2,
      replace(replace(replace($3, '%operator', operator), '%member', member_id), '%consultation', consultation_id::text),
      '00-' || replace(gen_random_uuid()::text, '-', '') || '-' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 16) || '-01',
      '', gen_random_uuid()::text, now()
    from drawn order by n returning position)
  select max(position)::int as last from filled`;

/** Fills procurement's outbox with events as procurement itself would write them, none of them sent yet. */
export async function fillOutbox(stage: Stage, count: number): Promise<number> {
  const body = ConsultationPublished.toJSON({
    operator: '%operator',
    memberId: '%member',
    consultationId: '%consultation',
    title: 'Réfection de la toiture et de la charpente de l’école élémentaire Jules Ferry, lot unique, avec variantes',
    buyerName: 'Saint-Jean-de-Losne',
    publishedAt: new Date(),
    deadline: new Date(Date.now() + 30 * 86_400_000),
  });
  const [filled] = await stage.query<{ last: number }>('procurement', FILL, [
    count,
    ConsultationPublished.$type,
    JSON.stringify(body),
  ]);
  await stage.query('procurement', 'vacuum analyze outbox');
  await stage.query('procurement', 'checkpoint');
  return filled?.last ?? 0;
}

/** A process with procurement's relay alone, not started yet. */
export async function relayProcess(stage: Stage): Promise<Child> {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: stage.consoleUrl, OTEL_SERVICE_NAME: 'procurement' };
  const relay = stage.child({ file: 'relay.ts', env, node: TRACED });
  await relay.ask('prepare', {
    appUrl: stage.databaseOf('procurement', 'app'),
    relayUrl: stage.databaseOf('procurement', 'relay'),
    natsUrl: stage.natsOf('procurement'),
    context: 'procurement',
  });
  return relay;
}

/** Lets the relay send all there is. Gives the seconds it took, its connection to PostgreSQL included. */
export async function relayAll(stage: Stage, relay: Child, lastPosition: number): Promise<number> {
  const startedAt = performance.now();
  await relay.ask('start');
  // Rows are marked in their order, so the last one tells of all.
  await rows(stage, 'procurement', 'select from outbox where position = $1 and stream_seq is not null', [lastPosition]);
  const seconds = (performance.now() - startedAt) / 1_000;
  const [left] = await stage.query<{ count: string }>(
    'procurement',
    'select count(*) from outbox where stream_seq is null',
  );
  if (Number(left?.count) > 0) throw new Error(`${left?.count} rows of the outbox were left behind`);
  await relay.ask('stop');
  return seconds;
}

/** The sequence of the last message in procurement's stream, as its outbox knows it. */
export async function lastSequence(stage: Stage): Promise<number> {
  const [row] = await stage.query<{ seq: number }>(
    'procurement',
    'select coalesce(max(stream_seq), 0)::int as seq from outbox',
  );
  return row?.seq ?? 0;
}
