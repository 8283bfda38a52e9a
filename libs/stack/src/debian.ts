import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orElse, readIfThere, run } from './system.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Downloads a package of a Debian suite and unpacks it into `folder`, with an apt configuration made for that: the machine's
 * own lists, cache and packages are left alone, and no right is needed. The signature is verified. Throws what apt says.
 */
export async function unpackDebianPackage(name: string, suite: string, folder: string): Promise<void> {
  if (!existsSync(KEYRING)) throw new Error(`this machine has no ${KEYRING}`);
  for (const path of ['lists/partial', 'cache/archives/partial']) await mkdir(join(folder, path), { recursive: true });
  await writeFile(join(folder, 'sources.list'), `deb [signed-by=${KEYRING}] ${debianMirror()} ${suite} main\n`);
  await writeFile(join(folder, 'apt.conf'), await configuration(folder));
  const env = { ...process.env, LC_ALL: 'C', APT_CONFIG: join(folder, 'apt.conf') };
  const script = `apt-get update && apt-get download ${name} && dpkg -x ./*.deb .`;
  await run('sh', ['-c', script], { cwd: folder, env, timeout: 180_000 }).catch((error: Error) => {
    throw new Error(error.message.split('\n').findLast((line) => /^[EW]:/.test(line)) ?? error.message);
  });
}

async function configuration(folder: string): Promise<string> {
  // How the machine reaches the outside (its proxies), without the indexes that it wants besides packages.
  const machine = (await run('apt-config', ['dump', 'Acquire'])).split('\n');
  const settings = {
    // Neither its sources nor its hooks, which tell desktop services of new lists.
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    'APT::Sandbox::User': 'root',
    'APT::Update::Error-Mode': 'any',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    // The Release file of a suite in preparation is sometimes days past its date. Its signature is verified all the same.
    'Acquire::Check-Valid-Until': 'false',
  };
  const ours = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`);
  return [...machine.filter((line) => /^Acquire::(?!IndexTargets)/.test(line)), ...ours].join('\n');
}

/** The mirror that the machine itself uses, else Debian's own. */
function debianMirror(): string {
  const parts = orElse(() => readdirSync('/etc/apt/sources.list.d'), []).map((it) => `/etc/apt/sources.list.d/${it}`);
  const text = ['/etc/apt/sources.list', ...parts].map(readIfThere).join('\n');
  return /^(?:URIs:|deb ).*?\s([\w+]+:\S*\/debian\/?)\s/m.exec(text)?.[1] ?? 'http://deb.debian.org/debian';
}
