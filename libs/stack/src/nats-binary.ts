import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { downloadDebianPackage } from './debian.ts';
import { noContainerEngine, type Progress, run, versionIn } from './run.ts';

export type NatsBinary = { path: string; version: string };
type Search = { cache: string; progress: Progress; env: NodeJS.ProcessEnv };

const OLDEST = [2, 12] as const; // atomic batches; an older server stores a refused batch message by message
const IMAGE = 'nats:2.12';

/**
 * Finds a nats-server of version 2.12 or newer: NATS_SERVER_BIN, the cache, PATH, a container image, Debian's package
 * (the last two are kept in the cache, nothing of the system changes). Throws, listing each thing tried and what to do.
 */
export async function findNatsServer(
  options: { cacheDir?: string; progress?: Progress; env?: NodeJS.ProcessEnv } = {},
): Promise<NatsBinary> {
  const env = options.env ?? process.env;
  const home = options.cacheDir ?? join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'jonction');
  const progress = options.progress ?? (() => {});
  const search: Search = { cache: join(home, `nats-server-${process.arch}`, 'nats-server'), progress, env };
  const tried: string[] = [];
  for (const attempt of [fromVariable, fromCache, fromPath, fromContainer, fromDebian]) {
    const found = await attempt(search).catch((error: Error) => error.message);
    if (typeof found !== 'string') return found;
    tried.push(found);
    if (found.includes('older than')) progress(found);
  }
  throw new Error(
    `no nats-server ${OLDEST.join('.')} or newer was found:\n${tried.map((line) => `  - ${line}`).join('\n')}\n` +
      'Put a nats-server on PATH, or say where it is: NATS_SERVER_BIN=/path/to/nats-server, or give a running one: NATS_URL=nats://host:4222',
  );
}

async function fromVariable({ env }: Search): Promise<NatsBinary | string> {
  return env.NATS_SERVER_BIN ? check('NATS_SERVER_BIN', env.NATS_SERVER_BIN) : 'NATS_SERVER_BIN: not set';
}

async function fromCache({ cache }: Search): Promise<NatsBinary | string> {
  return (await exists(cache)) ? check('cache', cache) : `cache: nothing in ${cache}`;
}

async function fromPath({ env }: Search): Promise<NatsBinary | string> {
  const older: string[] = [];
  for (const folder of (env.PATH ?? '').split(':').filter((it) => it.startsWith('/'))) {
    const path = join(folder, 'nats-server');
    const found = (await exists(path)) ? await check('PATH', path) : undefined;
    if (typeof found === 'object') return found;
    if (found) older.push(found);
  }
  return older.join('; ') || 'PATH: no nats-server';
}

async function fromContainer({ cache, progress }: Search): Promise<NatsBinary | string> {
  const why = await noContainerEngine();
  if (why) return `container: ${why}`;
  progress(`taking nats-server out of the image ${IMAGE}`);
  const made = await run('docker', ['create', IMAGE], { timeout: 180_000 });
  const id = made.output.split('\n').at(-1) ?? '';
  if (!made.ok) return `container: ${id}`;
  return keep('container', cache, async (draft) => {
    const copied = await run('docker', ['cp', `${id}:/nats-server`, join(draft, 'nats-server')], { timeout: 60_000 });
    await run('docker', ['rm', id]);
    return copied.ok ? join(draft, 'nats-server') : copied.output;
  });
}

async function fromDebian({ cache, progress }: Search): Promise<NatsBinary | string> {
  const tried: string[] = [];
  for (const suite of ['forky', 'sid']) {
    progress(`downloading nats-server from Debian ${suite}`);
    const found = await keep(`Debian ${suite}`, cache, async (draft) => {
      const failure = await downloadDebianPackage('nats-server', suite, draft);
      return failure ?? join(draft, 'usr/sbin/nats-server');
    });
    if (typeof found !== 'string') return found;
    tried.push(found);
  }
  return tried.join('; ');
}

/** Lets `fetch` put a binary in a draft folder (it returns its path, or why not), checks it, and moves it to the cache in one step. */
async function keep(
  from: string,
  cache: string,
  fetch: (draft: string) => Promise<string>,
): Promise<NatsBinary | string> {
  await mkdir(dirname(cache), { recursive: true });
  const draft = await mkdtemp(join(dirname(cache), 'draft-'));
  try {
    const path = await fetch(draft);
    if (!path.startsWith(draft)) return `${from}: ${path}`;
    const found = await check(from, path);
    if (typeof found === 'string') return found;

    await rename(path, cache);
    return { path: cache, version: found.version };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function check(from: string, path: string): Promise<NatsBinary | string> {
  const { ok, output } = await run(path, ['--version']);
  const version = versionIn(output);
  if (!ok || !version) return `${from}: ${path} does not run (${output.split('\n').at(-1)})`;
  const [major, minor] = version;
  const enough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  const said = /\d+\.\d+\S*/.exec(output)?.[0] ?? version.join('.');
  return enough
    ? { path, version: said }
    : `${from}: ${path} is version ${said}, older than ${OLDEST.join('.')}: skipped`;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
