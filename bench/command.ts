import { provisionDatabase } from '@jonction/commands';
import { planOf } from '@jonction/stack';
import { enrolBuyer } from './people.ts';
import type { Load, Loaded } from './processes/load.ts';
import { against, type Figure, interleave, spread } from './rounds.ts';
import type { Stage } from './stage.ts';

const FLOOR_DATABASE = 'bench_floor';
const IN_FLIGHT = 64;
const SECONDS = 4;

/** procurement as it runs, beside the floors of a durable command, and one client for all. */
export async function openCommandStage(stage: Stage) {
  // The floor writes to the same tables in a database of its own, as a superuser: no row-level security, no relay.
  await provisionDatabase(stage.adminUrl, planOf('procurement', 'secret of the benches', FLOOR_DATABASE));
  await stage.start('membership');
  await stage.start('procurement');
  const buyer = await enrolBuyer(stage);
  const url = new URL(stage.adminUrl);
  url.pathname = `/${FLOOR_DATABASE}`;
  const flush = stage.child({ file: 'flush.ts' });
  const flushAddress = await flush.ask<string>('listen', { url: url.href });
  const caller = { token: await stage.tokenOf(buyer.subject), operator: buyer.operator };
  return { memberId: buyer.memberId, caller, flush, flushAddress, client: stage.child({ file: 'load.ts' }) };
}

/**
 * What does a durable command cost? `CreateConsultation` with all that belongs to it (deadline, token, operator, right,
 * request_id, aggregate, event, kept answer, spans that reach a sink), 64 in flight from one client, against
 * an echo of the same request by a bare grpc-js server, and against a bare grpc-js handler that forks a MikroORM
 * EntityManager, persists the same three rows and flushes once.
 */
export async function command(stage: Stage, rounds: number): Promise<Figure[]> {
  const { flushAddress, client, memberId, caller } = await openCommandStage(stage);
  const echo = stage.child({ file: 'echo.ts' });
  const addresses = {
    echo: await echo.ask<string>('listen'),
    flush: flushAddress,
    command: stage.addressOf('procurement'),
  };
  const p99: number[] = [];
  const run = async (what: Load['what'], seconds: number) => {
    const load: Load = { memberId, caller, what, address: addresses[what], inFlight: IN_FLIGHT, seconds };
    const loaded = await client.ask<Loaded>('unary', load);
    if (what === 'command') p99.push(loaded.p99);
    return loaded.perSecond;
  };
  for (const what of ['echo', 'flush', 'command'] as const) await run(what, 3);
  p99.length = 0;
  const perSecond = await interleave(rounds, {
    echo: () => run('echo', SECONDS),
    command: () => run('command', SECONDS),
    flush: () => run('flush', SECONDS),
  });
  return [
    against({ name: 'durable command / empty echo', unit: 'calls/s', bar: 0.12 }, perSecond.command, perSecond.echo),
    against(
      { name: 'durable command / one MikroORM flush', unit: 'calls/s', bar: 0.6 },
      perSecond.command,
      perSecond.flush,
    ),
    { name: 'durable command, p99 of a round', unit: 'ms', ours: spread(p99) },
  ];
}
