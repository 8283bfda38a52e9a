import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, removePostgresData } from '@jonction/stack';
import { type Figure, spread } from './rounds.ts';
import type { Stage } from './stage.ts';

/** Away from the ports of a run that may be up. */
const PORT_BASE = '28000';

/**
 * How long does `npm start` take when there is nothing left to install or to make? The first start fills a data folder;
 * then it is started again on it, once a round, and the figure is what it says of itself: `Jonction is ready in N s`.
 */
export async function start(_stage: Stage, rounds: number): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'jonction-bench-start-'));
  try {
    await readyIn(folder);
    const seconds: number[] = [];
    for (let round = 0; round < rounds; round++) seconds.push(await readyIn(folder));
    const bar = { kind: 'at most', value: 15 } as const;
    return [{ name: 'second npm start, until ready', unit: 's', ours: spread(seconds), bar }];
  } finally {
    await removePostgresData(join(folder, 'postgres'));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readyIn(folder: string): Promise<number> {
  const child = spawn(process.execPath, ['scripts/start.ts', '--exit', '--data', folder], {
    cwd: ROOT,
    env: { ...process.env, PORT_BASE, DATABASE_URL: '', NATS_URL: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  await new Promise((resolve) => child.once('close', resolve));
  const [, seconds] = /Jonction is ready in ([\d.]+) s/.exec(said) ?? [];
  if (!seconds) throw new Error(`npm start did not come to its last line; it said:\n${said}`);
  return Number(seconds);
}
