import { fillOutbox, lastSequence, relayAll, relayProcess } from './published.ts';
import { against, type Figure, interleave } from './rounds.ts';
import type { Stage } from './stage.ts';

const EVENTS = 50_000;

/**
 * How fast does the outbox empty? 50,000 rows that wait, with real bodies, from the start of the relay until PostgreSQL
 * has the sequence of each, against a process that sends the same bodies and headers, ready in memory, in atomic
 * batches of 500, waiting for each acknowledgement. The server syncs each batch to disk for both.
 */
export async function relay(stage: Stage, rounds: number): Promise<Figure[]> {
  const ours = await relayProcess(stage);
  const floor = stage.child({ file: 'batches.ts' });
  await floor.ask('prepare', { natsUrl: stage.natsOf('provisioner') });
  const subjects = {
    async ours() {
      const seq = await lastSequence(stage);
      const last = await fillOutbox(stage, EVENTS);
      const seconds = await relayAll(stage, ours, last);
      await floor.ask('take', { context: 'procurement', seq, count: EVENTS });
      return EVENTS / seconds;
    },
    floor: () => floor.ask<number>('send'),
  };
  await interleave(1, subjects);
  const perSecond = await interleave(rounds, subjects);
  return [
    against({ name: 'relay / bare atomic batches', unit: 'events/s', bar: 0.5 }, perSecond.ours, perSecond.floor),
  ];
}
