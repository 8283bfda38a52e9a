import { IdentityServiceDefinition } from '@jonction/contracts';
import { connectTo } from '@jonction/contracts/client';
import { enrolBuyer } from './people.ts';
import type { Checked, Checks } from './processes/check.ts';
import { against, type Figure, interleave, spread } from './rounds.ts';
import type { Stage } from './stage.ts';

const IN_FLIGHT = 64;
const SECONDS = 4;

/**
 * What does it cost an application to ask at each step whether somebody may? `CheckEntitlement` by subject and right, with
 * all that belongs to it (deadline, token, operator, the caller's own right), 64 in flight from one client, against an echo
 * by a bare grpc-js server.
 */
export async function entitlement(stage: Stage, rounds: number): Promise<Figure[]> {
  await stage.start('membership');
  await stage.start('procurement');
  const { operator, subject } = await enrolBuyer(stage);
  const echo = stage.child({ file: 'echo.ts' });
  const client = stage.child({ file: 'check.ts' });
  const caller = { token: await stage.tokenOf('bfc-admin'), operator };
  const addresses = { echo: await echo.ask<string>('listen'), check: stage.addressOf('membership') };
  using identity = connectTo(IdentityServiceDefinition, addresses.check, caller);
  // What is measured is a yes.
  const { allowed } = await identity.checkEntitlement({ subject, right: 'procurement.publish' });
  if (!allowed) throw new Error('the buyer of the bench may not publish');
  const p99: number[] = [];
  const run = async (what: Checks['what'], seconds: number) => {
    const checks: Checks = { what, address: addresses[what], caller, subject, inFlight: IN_FLIGHT, seconds };
    const checked = await client.ask<Checked>('check', checks);
    if (what === 'check') p99.push(checked.p99);
    return checked.perSecond;
  };
  for (const what of ['echo', 'check'] as const) await run(what, 3);
  p99.length = 0;
  const perSecond = await interleave(rounds, { echo: () => run('echo', SECONDS), check: () => run('check', SECONDS) });
  return [
    against({ name: 'CheckEntitlement / empty echo', unit: 'calls/s', bar: 0.7 }, perSecond.check, perSecond.echo),
    { name: 'CheckEntitlement, p99 of a round', unit: 'ms', ours: spread(p99) },
  ];
}
