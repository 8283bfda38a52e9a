import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orElse, readIfThere, run } from './system.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Downloads a package of a Debian suite, unpacks it into `folder` and gives the path of its program. The apt configuration made for that
 * leaves the machine's lists, cache and packages alone, needs no right, and verifies the signature. Throws what apt says.
 */
export async function fromDebian(suite: string, folder: string, name: string, program: string): Promise<string> {
  if (!existsSync(KEYRING)) throw new Error(`Debian ${suite}: this machine has no ${KEYRING}`);
  for (const path of ['lists/partial', 'cache/archives/partial']) await mkdir(join(folder, path), { recursive: true });
  await writeFile(join(folder, 'sources.list'), `deb [signed-by=${KEYRING}] ${debianMirror()} ${suite} main\n`);
  await writeFile(join(folder, 'apt.conf'), await configuration(folder));
  const env = { ...process.env, LC_ALL: 'C', APT_CONFIG: join(folder, 'apt.conf') };
  const script = `apt-get update && apt-get download ${name} && dpkg -x ./*.deb .`;
  await run('sh', ['-c', script], { cwd: folder, env, timeout: 180_000 }).catch(({ message }: Error) => {
    throw new Error(`Debian ${suite}: ${message.split('\n').findLast((line) => /^[EW]:/.test(line)) ?? message}`);
  });
  return join(folder, program);
}

// Of the machine's own settings only how it reaches the outside (its proxies): not its sources, nor its hooks, which tell
// desktop services of new lists. The Release file of a suite in preparation is sometimes days past its date; its signature
// is verified all the same.
async function configuration(folder: string): Promise<string> {
  const machine = (await run('apt-config', ['dump', 'Acquire'])).split('\n');
  return `${machine.filter((line) => /^Acquire::(?!IndexTargets)/.test(line)).join('\n')}
Dir::Etc { main "/dev/null"; parts "/dev/null"; sourceparts "/dev/null"; sourcelist "${folder}/sources.list"; };
Dir::State::lists "${folder}/lists";
Dir::Cache "${folder}/cache";
APT { Sandbox::User "root"; Update::Error-Mode "any"; };
Acquire { Languages "none"; Retries "2"; Check-Valid-Until "false"; };
`;
}

/** The mirror that the machine itself uses, else Debian's own. */
function debianMirror(): string {
  const parts = orElse(() => readdirSync('/etc/apt/sources.list.d'), []).map((it) => `/etc/apt/sources.list.d/${it}`);
  const text = ['/etc/apt/sources.list', ...parts].map(readIfThere).join('\n');
  return /^(?:URIs:|deb ).*?\s([\w+]+:\S*\/debian\/?)\s/m.exec(text)?.[1] ?? 'http://deb.debian.org/debian';
}
