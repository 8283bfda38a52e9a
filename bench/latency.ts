import { openCommandStage } from './command.ts';
import { rows } from './people.ts';
import { type Figure, quantile, spread } from './rounds.ts';
import type { Stage } from './stage.ts';

const PER_SECOND = 200;
const SECONDS = 20;

/**
 * How long from the commit of a command to its effect in another service? Consultations are published at 200 a second,
 * whether or not the answers keep up; each opens a shelf in dce-library.
 *
 * Both ends are commits of one PostgreSQL server, which notes the time of each (`track_commit_timestamp`): that of the
 * transaction that last wrote the consultation, and that of the one that wrote the shelf. One clock, no poll, no message
 * of the bench in between; and nobody could have seen either row before.
 */
export async function latency(stage: Stage, rounds: number): Promise<Figure[]> {
  const { client, memberId, caller } = await openCommandStage(stage);
  await stage.start('dce-library');
  const address = stage.addressOf('procurement');
  const medians: number[] = [];
  const p99: number[] = [];
  const round = async (seconds: number) => {
    const items = PER_SECOND * seconds;
    const { ids } = await client.ask<{ ids: string[] }>('bulk', { address, memberId, caller, items });
    const late = await client.ask<number>('publish', { address, caller, ids, perSecond: PER_SECOND });
    if (late > 1_000)
      throw new Error(`the load was ${Math.round(late)} ms late: this machine does not keep up with it`);
    const times = await delays(stage, ids);
    medians.push(quantile(times, 0.5));
    p99.push(quantile(times, 0.99));
  };
  await round(3);
  medians.length = 0;
  p99.length = 0;
  for (let done = 0; done < rounds; done++) await round(SECONDS);
  return [
    {
      name: 'commit to effect in another service, p50 at 200/s',
      unit: 'ms',
      ours: spread(medians),
      bar: { kind: 'at most', value: 10 },
    },
    { name: 'commit to effect in another service, p99 at 200/s', unit: 'ms', ours: spread(p99) },
  ];
}

/** In ms, in rising order. */
async function delays(stage: Stage, ids: string[]): Promise<number[]> {
  const all = 'select 1 from (select count(*) as n from shelf where consultation_id = any ($1)) as held where n = $2';
  await rows(stage, 'dce_library', all, [ids, ids.length]);
  const committed = async (database: string, table: string) => {
    const found = await stage.query<{ id: string; at: number }>(
      database,
      `select consultation_id as id, (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000)::float8 as at
       from ${table} where consultation_id = any ($1)`,
      [ids],
    );
    return new Map(found.map(({ id, at }) => [id, at]));
  };
  const causes = await committed('procurement', 'consultation');
  const effects = await committed('dce_library', 'shelf');
  return ids.map((id) => (effects.get(id) ?? Number.NaN) - (causes.get(id) ?? Number.NaN)).toSorted((a, b) => a - b);
}
