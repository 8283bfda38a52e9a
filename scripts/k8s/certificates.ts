import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Secrets } from './given.ts';

/** The names under which each server is called, in its own namespace and from others. */
const NAMES = {
  nats: ['nats', 'nats.jonction', 'nats.jonction.svc', '*.nats-servers', '*.nats-servers.jonction.svc', 'localhost'],
  postgres: ['rw', 'ro', 'r'].flatMap((kind) =>
    ['', '.jonction', '.jonction.svc'].map((end) => `postgres-${kind}${end}`),
  ),
};
const KEY = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'.split(' ');
const DAYS = '825'; // the longest that clients of today accept

/**
 * An authority of one's own and the certificates of our servers, made once in `folder` by openssl: for a machine of one's own or
 * a first trial. Where it counts they come from the authority of the place. Throws what openssl says, or that it is missing.
 */
export async function certificatesIn(folder: string): Promise<Secrets> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'openssl.cnf'), '[req]\ndistinguished_name = dn\n[dn]\n');
  if (!existsSync(join(folder, 'ca.crt')))
    await openssl(
      folder,
      'ca',
      ['/CN=Jonction, for trial'],
      ['basicConstraints=critical,CA:TRUE', 'keyUsage=keyCertSign'],
    );
  for (const [name, called] of Object.entries(NAMES)) {
    if (existsSync(join(folder, `${name}.crt`))) continue;
    const names = `subjectAltName=${called.map((one) => `DNS:${one}`).join(',')}`;
    const uses = ['basicConstraints=critical,CA:FALSE', 'extendedKeyUsage=serverAuth,clientAuth', names];
    await openssl(folder, name, [`/CN=${name}`, '-CA', 'ca.crt', '-CAkey', 'ca.key'], uses);
  }
  const text = (file: string) => readFileSync(join(folder, file), 'utf8');
  return {
    'jonction-ca': { 'ca.crt': text('ca.crt') },
    'nats-tls': { 'tls.crt': text('nats.crt'), 'tls.key': text('nats.key'), 'ca.crt': text('ca.crt') },
    'postgres-tls': { 'tls.crt': text('postgres.crt'), 'tls.key': text('postgres.key') },
  };
}

async function openssl(cwd: string, name: string, subject: string[], extensions: string[]): Promise<void> {
  const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`, '-days', DAYS];
  const more = extensions.flatMap((one) => ['-addext', one]);
  const args = ['req', '-x509', '-config', 'openssl.cnf', ...KEY, ...files, '-subj', ...subject, ...more];
  await promisify(execFile)('openssl', args, { cwd }).catch((error: Error & { code?: string; stderr?: string }) => {
    const why = error.code === 'ENOENT' ? 'it is not on PATH: install openssl 3' : (error.stderr ?? error.message);
    throw new Error(`openssl cannot make the certificate of ${name}: ${why}`);
  });
}
