import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { serviceNames } from '@jonction/stack';
import { loadMembers } from '../scripts/start/members.ts';
import { type Figure, spread } from './rounds.ts';
import type { Stage } from './stage.ts';

const IDLE_MS = 10_000;
const MIB = 1_024;

/**
 * How much memory does an idle service hold? Resident set (`VmRSS`) of each, 10 s after its start on the databases of
 * 2,100 members, its spans exported.
 */
export async function memory(stage: Stage, rounds: number): Promise<Figure[]> {
  const names = serviceNames();
  await Promise.all(names.map((name) => stage.start(name)));
  await loadMembers(stage, () => {});
  const idle = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    await Promise.all(names.map((name) => stage.stop(name)));
    const pids = new Map<string, number>();
    for (const name of names) pids.set(name, (await stage.start(name)).pid ?? 0);
    await delay(IDLE_MS);
    for (const name of names) idle.get(name)?.push(residentMib(pids.get(name) ?? 0));
  }
  return names.map((name) => ({
    name: `${name} resident when idle`,
    unit: 'MiB',
    ours: spread(idle.get(name) ?? []),
    bar: { kind: 'at most', value: 200 },
  }));
}

function residentMib(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  if (!kib) throw new Error('this bench reads VmRSS of /proc: run it on Linux');
  return Number(kib) / MIB;
}
