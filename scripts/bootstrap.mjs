// What every npm script goes through: it runs under whatever Node the machine has (20 or later), installs the project once,
// and starts the script again under the pinned Node. Plain JavaScript: nothing is installed yet when it runs.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

const OLDEST = 20;
const PINNED = 24;
const root = process.env.JONCTION_ROOT ?? join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const modules = join(root, 'node_modules');
const stamp = join(modules, '.jonction-lock');
const lock = join(root, '.data', 'installing');

await main();

async function main() {
  const [script, ...args] = process.argv.slice(2);
  if (!script) fail(2, 'usage: node scripts/bootstrap.mjs <script> [arguments]');
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST) {
    fail(
      1,
      `Node ${process.versions.node} is too old: install Node ${OLDEST} or later (apt-get install nodejs, or nodejs.org).\n` +
        `Node ${process.versions.node} est trop ancien : installez Node ${OLDEST} ou plus récent.`,
    );
  }
  await install();
  run(pinnedNode(major), [join(root, script), ...args]);
}

/** Installs what the lockfile says, unless it is there. Two at once: the second waits for the first. */
async function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const there = () => readText(stamp) === wanted;
  if (there()) return;
  await holdLock();
  try {
    if (there()) return;
    if (!installedByHand()) npmCi();
    mkdirSync(modules, { recursive: true });
    writeFileSync(stamp, wanted);
  } finally {
    rmSync(lock, { force: true });
  }
}

/** True when somebody ran `npm ci` before us: each package of the lockfile stands there in its version, but for other platforms'. */
function installedByHand() {
  const done = readJson(join(modules, '.package-lock.json'))?.packages;
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  if (!done || !wanted) return false;
  return Object.entries(wanted).every(([path, { version, optional, link }]) => {
    if (path === '' || link || !path.includes('node_modules/')) return true;
    return done[path] ? done[path].version === version : optional === true;
  });
}

function npmCi() {
  process.stderr.write('installing (first run, or the lockfile changed)…\n');
  const npm = process.env.npm_execpath;
  const command = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm'];
  const { status, stdout, stderr, error } = spawnSync(
    command[0],
    [...command.slice(1), 'ci', '--ignore-scripts', '--no-audit', '--no-fund'],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    },
  );
  if (status === 0) return;
  const lines = `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim().split('\n').slice(-15).join('\n');
  fail(
    1,
    `${lines}\nnpm ci failed. Check that this machine reaches its npm registry (npm ping), then run the same command again.\n` +
      "npm ci a échoué. Vérifiez l'accès au registre npm (npm ping), puis relancez la même commande.",
  );
}

/** A file made by one process only; one whose maker is gone is taken over. */
async function holdLock() {
  mkdirSync(join(root, '.data'), { recursive: true });
  for (let said = false; ; ) {
    try {
      const file = openSync(lock, 'wx');
      writeFileSync(file, String(process.pid));
      closeSync(file);
      // Also when we end with an error.
      process.once('exit', () => rmSync(lock, { force: true }));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(readText(lock) || 0);
    if (holder && !lives(holder)) rmSync(lock, { force: true });
    else if (!said) {
      process.stderr.write(`another command (pid ${holder || '?'}) installs; waiting for it…\n`);
      said = true;
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function lives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The Node of the project: the platform's package, or this one when it is recent enough. */
function pinnedNode(major) {
  const platform =
    process.platform === 'darwin' ? `node-bin-darwin-${process.arch}` : `node-${process.platform}-${process.arch}`;
  const binary = join(modules, platform, 'bin', 'node');
  if (existsSync(binary)) return binary;
  if (major >= PINNED) return process.execPath;
  fail(
    1,
    `There is no packaged Node for ${process.platform}-${process.arch}: install Node ${PINNED} or later yourself and run the command again.\n` +
      `Aucun Node n'est fourni pour ${process.platform}-${process.arch} : installez Node ${PINNED} ou plus récent, puis relancez la commande.`,
  );
}

/** Runs the script, hands it the signals meant for us, and ends as it ends. */
function run(node, args) {
  const path = [join(modules, '.bin'), process.env.PATH].join(':');
  const child = spawn(node, args, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } });
  // Ctrl-C reaches the child by itself, for it shares our terminal; a signal sent to us alone must be handed on.
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => fail(1, `${node} cannot be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
    // The handlers above would keep us alive.
    for (const name of ['SIGTERM', 'SIGHUP', 'SIGINT']) process.removeAllListeners(name);
  });
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function fail(code, message) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
