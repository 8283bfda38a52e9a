import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
    "for (const it of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(it, () => process.exit(7)); console.log('waiting'); setInterval(() => {}, 1_000);\n",
  );
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function bootstrap(...args: string[]): ChildProcess {
  return bootstrapWith({}, ...args);
}

function bootstrapWith(env: NodeJS.ProcessEnv, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [BOOTSTRAP, ...args], {
    env: { ...process.env, ...env, JONCTION_ROOT: root },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Resolves once the child has printed `text`. */
function printed(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve) => child.stdout?.on('data', (part) => String(part).includes(text) && resolve()));
}

/** Lays down what `npm ci` notes about an installed package, beside a lockfile that asks for it. */
function askFor(wanted: string, installed: string): void {
  const file = (version: string) =>
    JSON.stringify({ lockfileVersion: 3, packages: { 'node_modules/thing': { version } } });
  writeFileSync(join(root, 'package-lock.json'), file(wanted));
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), file(installed));
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

test('what somebody installed by hand in the right versions is used as it is', async () => {
  askFor('1.2.3', '1.2.3');
  expect(await outcome(bootstrap('say.ts'))).toMatchObject({ code: 0, err: '' });
});

test('a wrong stamp over another version than the lockfile asks for is not believed', async () => {
  askFor('1.2.3', '1.2.2');
  writeFileSync(join(root, 'node_modules', '.jonction-lock'), 'the sum of an older lockfile');
  expect((await outcome(bootstrap('say.ts'))).err).toContain('installing');
});

test('the lock of a killed install is taken over, even when another program has its pid since', async () => {
  const gone = spawn(process.execPath, ['-e', '0']);
  await once(gone, 'exit');
  const reused = { pid: process.pid, start: 'long ago' };
  for (const left of [JSON.stringify({ pid: gone.pid, start: '1' }), JSON.stringify(reused), '']) {
    mkdirSync(join(root, '.data'), { recursive: true });
    rmSync(join(root, 'node_modules'), { recursive: true, force: true });
    writeFileSync(join(root, '.data', 'installing'), left);
    const both = await Promise.all([outcome(bootstrap('say.ts')), outcome(bootstrap('say.ts'))]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(
      both.filter(({ err }) => err.includes('installing (')),
      left,
    ).toHaveLength(1);
    expect(readdirSync(join(root, '.data'))).toEqual([]);
  }
});

test('a command that ends leaves alone the lock of another that installs', async () => {
  const child = bootstrap('wait.ts');
  await printed(child, 'waiting');
  writeFileSync(join(root, '.data', 'installing'), 'of another');
  const ended = outcome(child);
  child.kill('SIGTERM');
  await ended;
  expect(existsSync(join(root, '.data', 'installing'))).toBe(true);
});

test('a signal reaches the script, whose exit code is ours', async () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    const child = bootstrap('wait.ts');
    await printed(child, 'waiting');
    const ended = outcome(child);
    child.kill(signal);
    expect((await ended).code, signal).toBe(7);
  }
});

test('when npm is ended, and the shell it runs us in with it, the script is told', async () => {
  const line = `"${process.execPath}" "${BOOTSTRAP}" wait.ts; true`;
  const env = { ...process.env, JONCTION_ROOT: root, npm_lifecycle_event: 'start' };
  const shell = spawn('sh', ['-c', line], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  await printed(shell, 'waiting');
  const closed = once(shell, 'close'); // once the script too has let go of the output
  shell.kill('SIGTERM');
  expect(await closed).toEqual([null, 'SIGTERM']);
});

test('a script killed by a signal gives 128 and its number', async () => {
  writeFileSync(join(root, 'die.ts'), "process.kill(process.pid, 'SIGKILL');\n");
  expect((await outcome(bootstrap('die.ts'))).code).toBe(137);
});

test('a Node that is too old is told so in both languages, and nothing is installed', async () => {
  const old = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } })";
  const { code, err } = await outcome(
    bootstrapWith({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(old)}` }, 'say.ts'),
  );
  expect(code).toBe(1);
  expect(err).toMatch(/Node 18\.20\.4 is too old/);
  expect(err).toMatch(/trop ancien/);
  expect(existsSync(join(root, 'node_modules'))).toBe(false);
});

test('a machine without npm is told so, and the next start is not blocked', async () => {
  const { code, err } = await outcome(bootstrapWith({ PATH: '/nowhere', npm_execpath: '' }, 'say.ts'));
  expect(code).toBe(1);
  expect(err).toMatch(/npm ENOENT/);
  expect(existsSync(join(root, '.data', 'installing'))).toBe(false);
});

/** Adds a workspace, which the lockfile knows or not, and more of package.json. */
function addPart(more: object, { locked }: { locked: boolean }): void {
  const part = { name: 'part', version: '1.0.0' };
  const project = { name: 'tiny', version: '1.0.0', workspaces: ['part'] };
  mkdirSync(join(root, 'part'));
  writeFileSync(join(root, 'part', 'package.json'), JSON.stringify(part));
  writeFileSync(join(root, 'package.json'), JSON.stringify({ ...project, private: true, ...more }));
  const packages = { '': project, part, 'node_modules/part': { resolved: 'part', link: true } };
  const lockfile = { name: 'tiny', version: '1.0.0', lockfileVersion: 3, requires: true, packages };
  if (locked) writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lockfile));
}

test('a dependency that was forgotten in the lockfile stops the start and is named', async () => {
  addPart({}, { locked: false });
  const { code, err } = await outcome(bootstrap('say.ts'));
  expect(code).toBe(1);
  expect(err).toMatch(/Missing: part@1\.0\.0 from lock file/);
  expect(existsSync(join(root, 'node_modules', 'part'))).toBe(false);
});

test('an optional package that the registry does not have does not stop the start, nor change the lockfile', async () => {
  addPart({ optionalDependencies: { 'for-another-platform': '1.0.0' } }, { locked: true });
  const locked = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const registry = createServer((_, answer) => answer.writeHead(404).end('{}')).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  const { port } = registry.address() as AddressInfo;
  try {
    const env = { npm_config_registry: `http://127.0.0.1:${port}/`, npm_config_cache: join(root, 'cache') };
    expect(await outcome(bootstrapWith(env, 'say.ts'))).toMatchObject({ code: 0, out: 'ran \n' });
  } finally {
    registry.close();
  }
  expect(existsSync(join(root, 'node_modules', 'part'))).toBe(true);
  expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).toBe(locked);
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
