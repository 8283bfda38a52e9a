import { connectNats, subjectsWithin } from '@jonction/events';
import { natsUrlFor } from '@jonction/stack';
import { type Partner, savePartner, withCredentials } from '../scripts/partner/account.ts';
import { makeDurables } from '../scripts/partner/durables.ts';
import type { Child } from './child.ts';
import { type Figure, interleave, spread } from './rounds.ts';
import type { Stage } from './stage.ts';

const SECRET = 'secret of the benches';
const BACKLOG = 100_000;
const PER_SECOND = 200;
const SECONDS = 5;

/**
 * Does one vendor that catches up slow the others down? One takes 100,000 events that waited for it, as fast as the platform
 * gives them, while another hears 200 a second; against the same without the first. From the moment an event is said to the
 * moment it is heard, in one process, by one clock.
 */
export async function partnerBacklog(stage: Stage, rounds: number): Promise<Figure[]> {
  const calm = await vendor(stage, 'calm', 'idf');
  const late = await vendor(stage, 'late', 'bfc');
  await late.ask('fill', { count: BACKLOG });
  await calm.ask('listen', { durable: 'p_calm_1' });
  const measure = () => calm.ask<number>('measure', { perSecond: PER_SECOND, seconds: SECONDS });
  const perSecond: number[] = [];
  await measure();
  const p99 = await interleave(rounds, {
    alone: measure,
    async beside() {
      await durableOf(stage, 'late', 'bfc'); // made anew, it has everything before it
      const draining = late.ask<number>('drain', { durable: 'p_late_1', count: BACKLOG });
      const value = await measure();
      perSecond.push(BACKLOG / (await draining));
      return value;
    },
  });
  const ratio = p99.beside.map((value, round) => value / (p99.alone[round] ?? Number.NaN));
  return [
    {
      name: 'p99 of a listener while a vendor takes 100,000 waiting events / alone',
      unit: 'ms',
      ours: spread(p99.beside),
      floor: spread(p99.alone),
      ratio: spread(ratio),
      bar: { kind: 'at most', value: 1.2 },
    },
    { name: 'a vendor that catches up', unit: 'events/s', ours: spread(perSecond) },
  ];
}

async function vendor(stage: Stage, name: string, operator: string): Promise<Child> {
  const subscriptions = await durableOf(stage, name, operator);
  const fresh: Partner = { name, operator, memberId: '', subscriptions, credentials: [], refusedUntil: 0 };
  const { partner, creds } = withCredentials(SECRET, fresh, { days: 1, keepLast: false });
  const natsUrl = stage.natsOf('provisioner');
  const system = await connectNats(natsUrlFor(natsUrl, 'system', SECRET), 'system');
  await savePartner(system, SECRET, partner);
  await system.close();
  const child = stage.child({ file: 'partner.ts' });
  await child.ask('prepare', { natsUrl, creds, name });
  return child;
}

async function durableOf(stage: Stage, name: string, operator: string) {
  const nats = await connectNats(stage.natsOf('provisioner'), 'provisioner');
  const wanted = { durable: `p_${name}_1`, stream: 'procurement', subjects: [subjectsWithin('procurement', operator)] };
  const made = await makeDurables(nats, [wanted], undefined);
  await nats.close();
  return made;
}
