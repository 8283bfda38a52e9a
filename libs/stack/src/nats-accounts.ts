import { createHash } from 'node:crypto';
import { connectNats, contextNameOf, streamSubjects } from '@jonction/events';
import type { NatsConnection } from '@nats-io/transport-node';
import { claimsOf, type Key, keyOf, seedOf, sign } from './nats-keys.ts';
import type { Speaker } from './topology.ts';

/** The keys that stand above all users: who signs accounts, who sees them all, and where the streams are. */
export function accountKeys(secret: string): { operator: Key; system: Key; platform: Key } {
  return {
    operator: keyOf('operator', secret, 'jonction'),
    system: keyOf('account', secret, 'system'),
    platform: keyOf('account', secret, 'platform'),
  };
}

const UNBOUNDED = { subs: -1, data: -1, payload: -1 };
const NO_LIMITS = { ...UNBOUNDED, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };

/** What nats-server is told so that it knows our accounts; those of partners it keeps in `dir`, and takes while it runs. */
export function operatorMode(secret: string, services: Speaker[], dir: string): Record<string, unknown> {
  const { operator, system, platform } = accountKeys(secret);
  const claims = { type: 'operator', system_account: system.getPublicKey() } as const;
  return {
    operator: [sign(operator, { name: 'jonction', sub: operator.getPublicKey(), nats: claims })],
    system_account: system.getPublicKey(),
    resolver: { type: 'full', dir, allow_delete: true, interval: '2m', limit: 10_000 },
    resolver_preload: {
      [system.getPublicKey()]: sign(operator, {
        name: 'system',
        sub: system.getPublicKey(),
        nats: { type: 'account', limits: NO_LIMITS },
      }),
      [platform.getPublicKey()]: platformAccount(secret, services),
    },
  };
}

/**
 * The account of the services. Each has a signing key whose users may do what its outbox and its subscriptions need, and the
 * provisioner one whose users may do everything; so that rights change here, and nobody's credentials with them.
 */
function platformAccount(secret: string, services: Speaker[]): string {
  const { operator, platform } = accountKeys(secret);
  const scope = (role: string, rights: object) => ({
    kind: 'user_scope',
    key: signerOf(secret, role).getPublicKey(),
    role,
    template: { ...UNBOUNDED, ...rights },
  });
  const jetstream = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const nats = {
    type: 'account' as const,
    limits: { ...NO_LIMITS, ...jetstream },
    signing_keys: [
      scope('provisioner', {}),
      ...services.map((service) => scope(service.name, permissionsOf(service, platform.getPublicKey()))),
    ],
    exports: FOR_PARTNERS,
  };
  return sign(operator, { name: 'platform', sub: platform.getPublicKey(), nats });
}

/** What accounts of partners may be given a part of: a durable's next messages, its state, its acknowledgements. */
const FOR_PARTNERS = [
  { name: 'next', subject: '$JS.API.CONSUMER.MSG.NEXT.*.*', type: 'service', response_type: 'Stream' },
  { name: 'info', subject: '$JS.API.CONSUMER.INFO.*.*', type: 'service', response_type: 'Singleton' },
  { name: 'ack', subject: '$JS.ACK.*.*.>', type: 'service', response_type: 'Singleton' },
];

function permissionsOf({ name, subscriptions }: Speaker, account: string) {
  const streams = [...new Set(subscriptions.map(({ type }) => contextNameOf(type.$type)))];
  const ofStream = (stream: string) => [
    ...['MSG.NEXT', 'INFO', 'RESET'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.${name}`),
    ...[...ackSubjects(account, stream, name), `settled.${stream}`],
  ];
  const publish = [
    streamSubjects(name),
    `nudge.${name}`,
    ...['INFO', 'MSG.GET'].map((verb) => `$JS.API.STREAM.${verb}.${name}`),
    '_INBOX.provisioner.>',
    ...streams.flatMap(ofStream),
  ];
  const heard = [`_INBOX.${name}.>`, ...['nudge', 'release', 'settled'].map((what) => `${what}.${name}`)];
  // One answer to each question, wherever it came from, for ten seconds: nobody waits longer.
  return { pub: { allow: publish }, sub: { allow: heard }, resp: { max: 1, ttl: 10e9 } };
}

/**
 * The two forms of acknowledgement: that of 2.10, and that of 2.15 with domain and account. Both are spelled out: in the place
 * of the domain and the account a wildcard would take the stream and the durable of another, read in the older form.
 */
export function ackSubjects(account: string, stream: string, durable: string): string[] {
  return [`$JS.ACK.${stream}.${durable}.>`, `$JS.ACK._.${shortNameOf(account)}.${stream}.${durable}.>`];
}

/** How nats-server writes an account in an acknowledgement: the first eight bytes of its SHA-256, in base 62 digits. */
function shortNameOf(account: string): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const bytes = createHash('sha256').update(account).digest().subarray(0, 8);
  return [...bytes].map((byte) => digits[byte % digits.length]).join('');
}

const signerOf = (secret: string, role: string): Key => keyOf('account', secret, `platform ${role}`);

/** `nats://<JWT>:<seed>@host:port` for a service (snake_case), `provisioner`, or `system`, who takes and lists accounts. */
export function natsUrlFor(url: string, user: string, secret: string): string {
  const { system, platform } = accountKeys(secret);
  const key = keyOf('user', secret, user);
  const claims = { name: user, sub: key.getPublicKey() };
  const jwt =
    user === 'system'
      ? sign(system, { ...claims, nats: { type: 'user', ...UNBOUNDED } })
      : sign(signerOf(secret, user), { ...claims, nats: { type: 'user', issuer_account: platform.getPublicKey() } });
  return `nats://${jwt}:${seedOf(key)}@${new URL(url).host}`;
}

/** Gives the server an account as it is now; it acts on it at once. Throws what the server has against it. */
export async function pushAccount(system: NatsConnection, jwt: string): Promise<void> {
  const { data, error } = (await system.request('$SYS.REQ.CLAIMS.UPDATE', jwt, { timeout: 5_000 })).json<{
    data?: { code: number };
    error?: { description: string };
  }>();
  if (data?.code !== 200)
    throw new Error(`nats-server does not take the account: ${error?.description ?? 'no reason'}`);
}

/** Gives a server that runs the account of the services, when what they may do has changed. */
export async function provisionAccount(
  { natsUrl, secret }: { natsUrl: string; secret: string },
  services: Speaker[],
): Promise<string> {
  const wanted = platformAccount(secret, services);
  const { sub, nats: rights } = claimsOf(wanted);
  const system = await connectNats(natsUrlFor(natsUrl, 'system', secret), 'system');
  try {
    const kept = (await system.request(`$SYS.REQ.ACCOUNT.${sub}.CLAIMS.LOOKUP`)).string();
    if (kept && JSON.stringify(claimsOf(kept).nats) === JSON.stringify(rights)) return 'up to date';
    await pushAccount(system, wanted);
    return 'changed';
  } finally {
    await system.close();
  }
}
