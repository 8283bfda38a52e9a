import { Client } from 'pg';
import { rows } from './people.ts';
import { fillOutbox, lastSequence, relayAll, relayProcess } from './published.ts';
import { against, type Figure, interleave } from './rounds.ts';
import type { Stage } from './stage.ts';

const EVENTS = 20_000;
/** The lock that makes one replica the active reader of a stream. */
const HOLD = "select pg_advisory_lock(hashtext('hear procurement'))";
const RELEASE = "select pg_advisory_unlock(hashtext('hear procurement'))";

/**
 * What does it cost to handle an event exactly once? dce-library takes 20,000 publications by 500 members of two
 * operators from the stream: inbox row, shelf, its own event, commit, acknowledgement, and its relay sends that event;
 * until its inbox holds all of them. Against a bare process that takes the same messages and acknowledges each.
 *
 * The service is up and waits for the lock of its reader, which the bench holds; letting it go starts the clock.
 */
export async function handling(stage: Stage, rounds: number): Promise<Figure[]> {
  const relay = await relayProcess(stage);
  const floor = stage.child({ file: 'consume.ts' });
  await floor.ask('prepare', { natsUrl: stage.natsOf('provisioner') });
  const url = new URL(stage.adminUrl);
  url.pathname = '/dce_library';
  const holder = new Client({ connectionString: url.href });
  await holder.connect();
  await holder.query(HOLD);
  await stage.start('dce-library');
  let handled = 0;
  let seq = 0;
  const subjects = {
    async ours() {
      seq = await lastSequence(stage);
      await relayAll(stage, relay, await fillOutbox(stage, EVENTS));
      handled += EVENTS;
      const startedAt = performance.now();
      await holder.query(RELEASE);
      await inboxHolds(stage, handled);
      const seconds = (performance.now() - startedAt) / 1_000;
      await takeBack(stage, holder);
      return EVENTS / seconds;
    },
    floor: () => floor.ask<number>('consume', { stream: 'procurement', seq, count: EVENTS }),
  };
  try {
    await interleave(1, subjects);
    const perSecond = await interleave(rounds, subjects);
    const figure = { name: 'exactly-once handling / raw consume and ack', unit: 'events/s', bar: 0.05 };
    return [against(figure, perSecond.ours, perSecond.floor)];
  } finally {
    await holder.end();
  }
}

/** A cheap look often, and the count only when the shelves are all there. */
async function inboxHolds(stage: Stage, count: number): Promise<void> {
  const last = await lastSequence(stage);
  const [row] = await stage.query<{ event_id: string }>(
    'procurement',
    'select event_id from outbox where stream_seq = $1',
    [last],
  );
  await rows(stage, 'dce_library', 'select from inbox where event_id = $1', [row?.event_id]);
  await rows(stage, 'dce_library', 'select 1 from (select count(*) as n from inbox) as held where n = $1', [count]);
}

/** Has the reader wait for its lock again: the bench queues for it, then the reader's session is cut. */
async function takeBack(stage: Stage, holder: Client): Promise<void> {
  const held = holder.query(HOLD);
  await stage.query(
    'dce_library',
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dce_library hears procurement'`,
  );
  await held;
}
