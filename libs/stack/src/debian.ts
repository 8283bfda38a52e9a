import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

const KEYRINGS = ['/usr/share/keyrings/debian-archive-keyring.gpg', '/usr/share/keyrings/debian-archive-keyring.pgp'];

/**
 * Downloads a package of a Debian suite and unpacks it into `folder`, with an apt configuration made for that and thrown away:
 * the machine's own lists, cache and packages are left alone, and no right is needed. The signature is verified with the
 * keyring of Debian. Returns undefined, or why it could not be done.
 */
export async function downloadDebianPackage(name: string, suite: string, folder: string): Promise<string | undefined> {
  const keyring = await firstThat(KEYRINGS);
  if (!keyring) return `this is not a Debian (no ${KEYRINGS[0]})`;
  const env = { ...process.env, LC_ALL: 'C', APT_CONFIG: await writeConfiguration(folder, keyring, suite) };
  const steps: [string, string[]][] = [
    ['apt-get', ['update']],
    ['apt-get', ['download', name]],
  ];
  for (const [command, args] of steps) {
    const { ok, output } = await run(command, args, { cwd: folder, env, timeout: 180_000 });
    if (!ok) return `${command} ${args.join(' ')}: ${lastComplaint(output)}`;
  }
  const deb = (await readdir(folder)).find((file) => file.endsWith('.deb'));
  if (!deb) return `apt-get download ${name} left no package`;
  const unpacked = await run('dpkg', ['-x', deb, '.'], { cwd: folder });
  return unpacked.ok ? undefined : `dpkg -x ${deb}: ${lastComplaint(unpacked.output)}`;
}

async function writeConfiguration(folder: string, keyring: string, suite: string): Promise<string> {
  await Promise.all(
    ['lists/partial', 'cache/archives/partial'].map((it) => mkdir(join(folder, it), { recursive: true })),
  );
  await writeFile(join(folder, 'sources.list'), `deb [signed-by=${keyring}] ${await debianMirror()} ${suite} main\n`);
  const lines = [
    ...(await acquireSettings()),
    // Neither the machine's other sources nor its hooks (they tell desktop services of new lists).
    'Dir::Etc::main "/dev/null";',
    'Dir::Etc::parts "/dev/null";',
    `Dir::Etc::sourcelist "${join(folder, 'sources.list')}";`,
    'Dir::Etc::sourceparts "/dev/null";',
    `Dir::State::lists "${join(folder, 'lists')}";`,
    `Dir::Cache "${join(folder, 'cache')}";`,
    'APT::Sandbox::User "root";',
    'APT::Update::Error-Mode "any";',
    'Acquire::Languages "none";',
    'Acquire::Retries "2";',
    // The Release file of a suite in preparation is sometimes some days past its date; its signature is verified all the same.
    'Acquire::Check-Valid-Until "false";',
  ];
  const file = join(folder, 'apt.conf');
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

/** How the machine reaches the outside (its proxies), without the indexes that it wants besides packages. */
async function acquireSettings(): Promise<string[]> {
  const { ok, output } = await run('apt-config', ['dump', 'Acquire']);
  return ok
    ? output.split('\n').filter((line) => line.startsWith('Acquire::') && !line.startsWith('Acquire::IndexTargets'))
    : [];
}

/** The mirror that the machine itself uses, or Debian's own. */
async function debianMirror(): Promise<string> {
  const parts = await readdir('/etc/apt/sources.list.d').catch(() => []);
  const files = [
    '/etc/apt/sources.list.d/debian.sources',
    '/etc/apt/sources.list',
    ...parts.map((it) => `/etc/apt/sources.list.d/${it}`),
  ];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const active = text.split('\n').filter((line) => /^(URIs:|deb )/.test(line));
    const found = active.flatMap((line) => line.split(/\s+/)).find((word) => /^\S+:\S*\/debian\/?$/.test(word));
    if (found) return found;
  }
  return 'http://deb.debian.org/debian';
}

function lastComplaint(output: string): string {
  const lines = output.split('\n');
  return lines.findLast((line) => /^[EW]:/.test(line)) ?? lines.at(-1) ?? '';
}

async function firstThat(paths: string[]): Promise<string | undefined> {
  for (const path of paths) if (await stat(path).catch(() => undefined)) return path;
  return undefined;
}
