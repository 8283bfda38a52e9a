// What every npm script goes through: it runs under whatever Node the machine has (20 or later), installs the project once,
// and starts the script again under the pinned Node. Plain JavaScript: nothing is installed yet when it runs.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST = 20;
const PINNED = 24;
const root = process.env.JONCTION_ROOT ?? fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.jonction-lock');
const lock = join(root, '.data', 'installing');
const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT'];

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
  await run(pinnedNode(major), [join(root, script), ...args]);
}

/** Installs what the lockfile says, unless it is there. Two at once: the second waits for the first. */
async function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const there = () => readText(stamp) === wanted;
  if (there()) return;
  await holdLock();
  let failure;
  try {
    if (there()) return;
    if (!asLocked()) failure = await npmCi();
    if (!failure) {
      mkdirSync(modules, { recursive: true });
      writeFileSync(stamp, wanted);
    }
  } finally {
    rmSync(lock, { force: true });
  }
  if (failure) fail(failure.code, failure.message); // once the lock is given back
}

/** True when each package of the lockfile stands there in its version, but for those of other platforms, and no other. */
function asLocked() {
  const done = readJson(join(modules, '.package-lock.json'))?.packages;
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  if (!done || !wanted) return false;
  // Installed without its optional packages, it would lack the Node of this platform.
  if (wanted[`node_modules/${nodePackage()}`] && !existsSync(packagedNode())) return false;
  const same = (one, other) => ['version', 'integrity', 'link'].every((field) => one[field] === other[field]);
  return (
    Object.keys(done).every((path) => wanted[path]) &&
    Object.entries(wanted).every(([path, its]) => {
      if (!path.includes('node_modules/')) return true;
      return done[path] ? same(done[path], its) : its.optional === true;
    })
  );
}

/** Installs what the lockfile says. Gives undefined, or the exit code and the message of what failed. */
async function npmCi() {
  process.stderr.write('installing (first run, or the lockfile changed)…\n');
  let end = await npm('ci');
  // npm ci refuses when the registry lacks an optional package of another platform, which the lockfile then lacks too.
  // npm install does without; that nothing else differs from the lockfile is checked.
  if (lacksOnlyTheUnknown(end)) {
    end = await npm('install', '--no-save');
    if (end.code === 0 && !asLocked())
      end = { code: 1, said: 'what npm install put there is not what the lockfile says' };
  }
  if (end.code === 0) return undefined;
  if (end.signal)
    return { code: 128 + constants.signals[end.signal], message: 'npm was stopped; run the same command again.' };
  const [reason] = end.said.split(/\n.*Clean install a project/); // what follows is how npm is used, and hides why it failed
  const lines = reason.trim().split('\n').slice(-15).join('\n');
  const message =
    `${lines}\nnpm ci failed. Check that this machine reaches its npm registry (npm ping), then run the same command again.\n` +
    "npm ci a échoué. Vérifiez l'accès au registre npm (npm ping), puis relancez la même commande.";
  return { code: 1, message };
}

/** Of a package that exists and was forgotten in the lockfile npm tells the version, of one that it cannot find nothing. */
function lacksOnlyTheUnknown({ code, said }) {
  const complaints = said.split('\n').filter((line) => /(Missing|Invalid): /.test(line));
  return code !== 0 && complaints.length > 0 && complaints.every((line) => /Missing: \S+@ from lock file/.test(line));
}

async function npm(...action) {
  const script = process.env.npm_execpath;
  // The Node that runs npm now, for ours may lie in the folder that npm is about to remove.
  const [command, ...before] = script?.endsWith('.js')
    ? [process.env.npm_node_execpath ?? process.execPath, script]
    : ['npm'];
  // Everything, whatever NODE_ENV or the user's own configuration leave out; and its errors, also under npm run --silent.
  const kinds = [
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  let said = '';
  const child = spawn(command, [...before, ...action, ...kinds], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part) => {
      said += part;
    });
  }
  // A stopped start must not leave npm at work: the next one would install beside it.
  const { error, ...end } = await ended(child);
  return { ...end, said: `${said}${error?.message ?? ''}` };
}

/** Hands our signals to a child until it ends. Gives its exit code or its signal; `error` when it cannot start. */
function ended(child) {
  return new Promise((resolve) => {
    const handlers = SIGNALS.map((signal) => [signal, () => sharesTerminal(signal) || child.kill(signal)]);
    for (const [signal, handler] of handlers) process.on(signal, handler);
    // npm hands a SIGTERM to the shell between it and us, which ends without a word: what was started would run on unseen.
    const parent = process.ppid;
    const orphaned = () => process.env.npm_lifecycle_event && process.ppid !== parent;
    const watch = setInterval(() => {
      if (!orphaned()) return;
      clearInterval(watch);
      child.kill('SIGTERM');
    }, 250);
    const settle = (end) => {
      clearInterval(watch);
      for (const [signal, handler] of handlers) process.off(signal, handler);
      resolve(end);
    };
    child.once('error', (error) => settle({ code: 1, signal: null, error }));
    child.once('close', (code, signal) => settle({ code, signal }));
  });
}

// Ctrl-C reaches the child by itself when we are on a terminal; a signal sent to us alone must be handed on.
function sharesTerminal(signal) {
  return signal === 'SIGINT' && [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
}

/** Made by one process only, whole from the first moment; one whose maker is gone is taken over. */
async function holdLock() {
  mkdirSync(join(root, '.data'), { recursive: true });
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, JSON.stringify({ pid: process.pid, start: startOf(process.pid) }));
  try {
    for (let said = false; !made(mine); ) {
      const text = readText(lock);
      const holder = parse(text);
      if (!holder || !lives(holder.pid) || startOf(holder.pid) !== holder.start) {
        removeStale(text);
        continue;
      }
      if (!said) process.stderr.write(`another command (pid ${holder.pid}) installs; waiting for it…\n`);
      said = true;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

function made(mine) {
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

// Two may find the same dead holder: what was moved away must be what was read, else it is put back.
function removeStale(seen) {
  const aside = `${lock}.${process.pid}.stale`;
  try {
    renameSync(lock, aside);
    if (readText(aside) !== seen) linkSync(aside, lock);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** The moment a process started, where /proc tells it: another one may have the same pid since. */
function startOf(pid) {
  const stat = readText(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function lives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function nodePackage() {
  return process.platform === 'darwin' ? `node-bin-darwin-${process.arch}` : `node-${process.platform}-${process.arch}`;
}

function packagedNode() {
  return join(modules, nodePackage(), 'bin', 'node');
}

/** The Node of the project: the platform's package, or this one when it is recent enough. */
function pinnedNode(major) {
  if (existsSync(packagedNode())) return packagedNode();
  if (major >= PINNED) return process.execPath;
  fail(
    1,
    `There is no packaged Node for ${process.platform}-${process.arch}: install Node ${PINNED} or later yourself and run the command again.\n` +
      `Aucun Node n'est fourni pour ${process.platform}-${process.arch} : installez Node ${PINNED} ou plus récent, puis relancez la commande.`,
  );
}

/** Runs the script, hands it the signals meant for us, and ends as it ends. */
async function run(node, args) {
  const path = [join(modules, '.bin'), process.env.PATH].join(':');
  const child = spawn(node, args, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } });
  const { code, signal, error } = await ended(child);
  if (error) {
    fail(
      1,
      `${node} cannot be started (${error.message}): install Node ${PINNED} or later, remove that file, and run the command again.\n` +
        `${node} ne démarre pas : installez Node ${PINNED} ou plus récent, supprimez ce fichier, puis relancez la commande.`,
    );
  }
  process.exitCode = code ?? 128 + constants.signals[signal];
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function readJson(file) {
  return parse(readText(file));
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fail(code, message) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
