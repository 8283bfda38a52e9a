/** Prints the Secrets that derive from the secret of the platform. Nothing is written but what --dev keeps in .data. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { dataDir } from './console/config.ts';
import { certificatesIn } from './k8s/certificates.ts';
import { type Secrets, secretsOf } from './k8s/given.ts';
import { Mistake, runCommand, secretOf } from './start/running.ts';

const HELP = `Prints what Kubernetes must hold for us to start: passwords, NATS users, nats-server's operator.

  JONCTION_SECRET=... npm run -s k8s:secrets | kubectl apply -f -
  npm run -s k8s:secrets -- --dev                 with the secret of the data folder, and certificates made for trial
  npm run -s k8s:secrets -- --certificates DIR    with certificates made for trial in DIR

All of it derives from JONCTION_SECRET: the same again, until the code needs more. Keep it where passwords are kept; at least 32
characters. docs/deploy.md tells the Secrets that the place gives itself.
`;
/** Half of SHA-256: as hard to guess as the keys that derive from it. */
const SHORTEST = 32;
const TYPES: Record<string, string> = {
  'postgres-superuser': 'kubernetes.io/basic-auth',
  'nats-tls': 'kubernetes.io/tls',
  'postgres-tls': 'kubernetes.io/tls',
};

/** Secrets as kubectl takes them. */
export function manifestOf(secrets: Secrets): string {
  const documents = Object.entries(secrets).map(([name, stringData]) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'jonction' },
    type: TYPES[name] ?? 'Opaque',
    stringData,
  }));
  return documents.map((one) => stringify(one, { version: '1.1', lineWidth: 0 })).join('---\n');
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      dev: { type: 'boolean', default: false },
      certificates: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const data = dataDir(process.env);
  const secret = values.dev ? secretOf(data) : (process.env.JONCTION_SECRET ?? '');
  if (secret.length < SHORTEST)
    throw new Mistake(
      `JONCTION_SECRET must have ${SHORTEST} characters or more: everything derives from it. --help says more.`,
    );
  const folder = values.certificates ?? (values.dev ? join(data, 'k8s') : undefined);
  const certificates = folder === undefined ? {} : await certificatesIn(folder);
  process.stdout.write(manifestOf({ ...(await secretsOf(secret)), ...certificates }));
}

if (import.meta.main) await runCommand(() => main(process.argv.slice(2)));
