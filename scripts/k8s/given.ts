import { environmentOf, operatorMode, passwordOf, type Speaker, serviceNames, speakers } from '@jonction/stack';

/** A Secret: its name, and its files. */
export type Secrets = Record<string, Record<string, string>>;

/** What the place gives and no command of ours makes: the names of keys, and what they are. docs/deploy.md says it longer. */
export const GIVEN: Record<string, { keys: string[]; what: string }> = {
  'jonction-ca': { keys: ['ca.crt'], what: 'the authority whose certificates our servers bear' },
  'nats-tls': { keys: ['tls.crt', 'tls.key', 'ca.crt'], what: 'the certificate of nats-server' },
  'postgres-tls': { keys: ['tls.crt', 'tls.key'], what: 'the certificate of PostgreSQL' },
  'backup-s3': { keys: ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY'], what: 'who may write the backups' },
};

/** ConfigMaps that the place gives: data of others, which the project does not copy. */
export const GIVEN_MAPS: Record<string, string[]> = { 'code-lists': ['cpv_2008.csv', 'nuts3_fr.csv'] };

const POSTGRES = 'postgres-rw:5432';
const NATS = 'nats://nats:4222';
const isSecret = (value: string) => URL.canParse(value) && new URL(value).password !== '';

/**
 * The Secrets that derive from the secret of the platform, so that nobody copies a password: those of each service, of the
 * provisioning, of nats-server and of PostgreSQL's administrator. A setting is secret when it holds a password.
 */
export async function secretsOf(secret: string, heard?: Speaker[]): Promise<Secrets> {
  const password = passwordOf(secret, 'postgres');
  const adminUrl = `postgresql://postgres:${password}@${POSTGRES}/postgres`;
  const settings = { adminUrl, natsUrl: NATS, secret, issuer: 'https://unused.example', grpcPort: 50_051 };
  const ofServices = serviceNames().map((name): [string, Record<string, string>] => [
    name,
    Object.fromEntries(Object.entries(environmentOf(name, settings)).filter(([, value]) => isSecret(value))),
  ]);
  const operator = operatorMode(secret, heard ?? (await speakers()), './accounts');
  return {
    ...Object.fromEntries(ofServices),
    provision: { DATABASE_URL: adminUrl, NATS_URL: NATS, JONCTION_SECRET: secret },
    'nats-operator': { 'operator.json': JSON.stringify(operator, null, 2) },
    'postgres-superuser': { username: 'postgres', password },
  };
}
