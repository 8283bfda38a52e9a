import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '@jonction/stack';
import { eventually } from '@jonction/testing';
import { expect, test } from 'vitest';
import { removeData } from '../scripts/start/servers.ts';

// Below the ports that Linux draws for connections, and apart from those of other starts of these tests.
const PORT_BASE = 30_000 + (process.pid % 100) * 20;

test('a vendor gets from the README to the first event by its commands as they stand, ten at most', async () => {
  await using parts = new AsyncDisposableStack();
  const [starting = '', ...commands] = commandsOfReadme();
  expect(starting).toBe('npm start');
  expect(commands.length).toBeLessThan(10);
  const { folder, run } = workplace(parts);
  const platform = run(starting);
  parts.defer(() => ended(platform));
  await eventually(
    () => {
      if (platform.child.exitCode !== null) throw new Error(platform.text());
      expect(platform.text()).toMatch(/Jonction is ready/);
    },
    { withinMs: 150_000, everyMs: 100 },
  );
  const listening = commands.pop() ?? '';
  for (const command of commands) {
    const one = run(command);
    expect(await one.exited, `${command}\n${one.text()}`).toBe(0);
  }
  expect(readdirSync(folder)).toContain('acme.creds');
  const listener = run(listening);
  parts.defer(() => ended(listener));
  await eventually(() => expect(listener.text()).toMatch(/^ConsultationPublished of [0-9a-f-]{36}, event 2 of it/m), {
    withinMs: 20_000,
  });
});

/** What stands in the blocks of the section, a command a line. */
function commandsOfReadme(): string[] {
  const section = readFileSync(join(ROOT, 'README.md'), 'utf8').match(/\n## For a vendor\n([\s\S]*?)\n## /)?.[1] ?? '';
  return [...section.matchAll(/```\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.trim().split('\n'));
}

type Running = { child: ChildProcess; text: () => string; exited: Promise<number | null> };

/** The repository as one who has just fetched it sees it, in a folder that may be written to, with data of its own. */
function workplace(parts: AsyncDisposableStack) {
  const folder = mkdtempSync(join(tmpdir(), 'jonction-vendor-'));
  const directory = join(folder, 'data');
  parts.defer(async () => {
    await removeData(directory);
    rmSync(folder, { recursive: true, force: true });
  });
  for (const name of readdirSync(ROOT).filter((one) => one !== '.data'))
    symlinkSync(join(ROOT, name), join(folder, name));
  const { DATABASE_URL: _, NATS_URL: __, JONCTION_SECRET: ___, ...inherited } = process.env;
  const env = { ...inherited, PORT_BASE: String(PORT_BASE), DATA_DIR: directory, JONCTION_ROOT: folder };
  const run = (command: string): Running => {
    // The ports are moved, so that a platform that runs on this machine is left alone; the example is told where.
    const moved = command.includes('examples/') ? { NATS_URL: `nats://127.0.0.1:${PORT_BASE + 1}` } : {};
    const child = spawn('sh', ['-c', command], {
      cwd: folder,
      env: { ...env, ...moved },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (text += part));
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { child, text: () => text, exited };
  };
  return { folder, run };
}

/** Ctrl-C, which a terminal gives to the whole group. */
async function ended({ child, exited }: Running): Promise<void> {
  if (child.exitCode === null && child.signalCode === null && child.pid) process.kill(-child.pid, 'SIGINT');
  await exited;
}
