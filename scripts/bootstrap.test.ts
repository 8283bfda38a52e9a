import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const BOOTSTRAP = join(import.meta.dirname, 'bootstrap.mjs');
let root = '';

/** A project without dependencies: what npm installs there is nothing, but npm itself is real. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'jonction-bootstrap-'));
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'tiny', version: '1.0.0', private: true }));
  writeFileSync(
    join(root, 'package-lock.json'),
    JSON.stringify({
      name: 'tiny',
      version: '1.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: { '': { name: 'tiny', version: '1.0.0' } },
    }),
  );
  writeFileSync(
    join(root, 'say.ts'),
    "console.log('ran', process.argv.slice(2).join(' ')); process.exitCode = Number(process.argv[2] ?? 0);\n",
  );
  writeFileSync(
    join(root, 'wait.ts'),
    "process.on('SIGTERM', () => { console.log('told'); process.exit(7); }); console.log('waiting'); setInterval(() => {}, 1_000);\n",
  );
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function bootstrap(...args: string[]): ChildProcess {
  return spawn(process.execPath, [BOOTSTRAP, ...args], {
    env: { ...process.env, JONCTION_ROOT: root },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function outcome(child: ChildProcess) {
  let out = '';
  let err = '';
  child.stdout?.on('data', (part) => (out += part));
  child.stderr?.on('data', (part) => (err += part));
  const [code] = await once(child, 'close');
  return { code, out, err };
}

test('the first run installs and says so, the second does not; arguments and exit code pass through', async () => {
  const first = await outcome(bootstrap('say.ts', '3', 'more'));
  expect(first).toMatchObject({ code: 3, out: 'ran 3 more\n' });
  expect(first.err).toContain('installing');
  expect((await outcome(bootstrap('say.ts', '0'))).err).toBe('');
});

test('a changed lockfile is installed again', async () => {
  await outcome(bootstrap('say.ts'));
  const file = join(root, 'package-lock.json');
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n`);
  rmSync(join(root, 'node_modules'), { recursive: true });
  expect((await outcome(bootstrap('say.ts'))).err).toContain('installing');
});

test('two first runs at once install once, and both run', async () => {
  const [one, two] = await Promise.all([outcome(bootstrap('say.ts')), outcome(bootstrap('say.ts'))]);
  expect([one.code, two.code]).toEqual([0, 0]);
  expect([one.err, two.err].filter((text) => text.includes('installing'))).toHaveLength(1);
});

test('the lock of a killed install is taken over', async () => {
  const gone = spawn(process.execPath, ['-e', '0']);
  await once(gone, 'exit');
  mkdirSync(join(root, '.data'));
  writeFileSync(join(root, '.data', 'installing'), String(gone.pid));
  expect((await outcome(bootstrap('say.ts'))).code).toBe(0);
  expect(existsSync(join(root, '.data', 'installing'))).toBe(false);
});

test('a signal reaches the script, whose exit code is ours', async () => {
  const child = bootstrap('wait.ts');
  await new Promise<void>((resolve) =>
    child.stdout?.on('data', (part) => String(part).includes('waiting') && resolve()),
  );
  const ended = outcome(child);
  child.kill('SIGTERM');
  expect((await ended).code).toBe(7);
});

test('a failing install says what to do, in both languages, and leaves no lock', async () => {
  const asks = { name: 'tiny', version: '1.0.0', private: true, dependencies: { absent: '1.0.0' } };
  writeFileSync(join(root, 'package.json'), JSON.stringify(asks));
  const { code, err } = await outcome(bootstrap('say.ts'));
  expect(code).toBe(1);
  expect(err).toMatch(/npm ci failed/);
  expect(err).toMatch(/npm ci a échoué/);
  expect(existsSync(join(root, '.data', 'installing'))).toBe(false);
});
