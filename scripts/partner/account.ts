import { accountKeys, ackSubjects, claimsOf, keyOf, newUserKey, pushAccount, seedOf, sign } from '@jonction/stack';
import type { NatsConnection } from '@nats-io/transport-node';

/** What a partner hears, through one durable that is made for it. */
export interface Subscription {
  /** `p_<partner>_<n>`. */
  durable: string;
  stream: string;
  /** The filter: subjects of one operator. */
  subjects: string[];
  /** The first sequence of the stream that is heard; kept, so that a durable made again begins at the same event. */
  fromSeq: number;
}

/** Times are in seconds since 1970, as NATS counts them. */
export interface Partner {
  /** a-z, 0-9 and `-`. */
  name: string;
  operator: string;
  /** Empty: all the members of the operator. */
  memberId: string;
  subscriptions: Subscription[];
  /** The credentials that are good, oldest first; two at most. */
  credentials: { issuedAt: number; expiresAt: number }[];
  /** Credentials given at that time or before are refused. */
  refusedUntil: number;
  /** When it was let out; absent while it may come in. */
  revokedAt?: string;
}

/** The JetStream domain under which a partner finds its durables, so that no client takes them for its own account's. */
export const DOMAIN = 'jonction';
const TAG = 'partner';
const CONNECTIONS = 8;
/** A partner sends requests and acknowledgements, which are short. */
const PAYLOAD = 4_096;

/**
 * All partners, as nats-server keeps them: an account each, whose description is what we know of it. There is no other
 * register, so that none can say otherwise.
 */
export async function listPartners(system: NatsConnection): Promise<Partner[]> {
  const { data } = (await system.request('$SYS.REQ.CLAIMS.LIST', '', { timeout: 5_000 })).json<{ data: string[] }>();
  const partners: Partner[] = [];
  for (const account of data) {
    const { nats } = claimsOf(await lookUp(system, account));
    if ((nats.tags as string[] | undefined)?.includes(TAG)) partners.push(JSON.parse(String(nats.description)));
  }
  return partners.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function lookUp(system: NatsConnection, account: string): Promise<string> {
  return (await system.request(`$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`, '', { timeout: 5_000 })).string();
}

/**
 * Has the server act on what the partner may do from now on: connections that it no longer allows are closed. With `known`,
 * what the caller read of it before, it saves nothing and gives false when that is not what the server keeps any more: who
 * gives credentials must not undo a revocation.
 */
export async function savePartner(
  system: NatsConnection,
  secret: string,
  partner: Partner,
  known?: Partner,
): Promise<boolean> {
  const account = keyOf('account', secret, `partner ${partner.name}`).getPublicKey();
  const { data } = (await system.request('$SYS.REQ.CLAIMS.LIST', '', { timeout: 5_000 })).json<{ data: string[] }>();
  const kept = data.includes(account) ? claimsOf(await lookUp(system, account)) : undefined;
  if (known && kept?.nats.description !== JSON.stringify(known)) return false;
  // Of two accounts of the same second the server would keep the first.
  await pushAccount(system, accountOf(secret, partner, Math.max(seconds(), (kept?.iat ?? 0) + 1)));
  return true;
}

function accountOf(secret: string, partner: Partner, iat: number): string {
  const { operator, platform } = accountKeys(secret);
  const account = platform.getPublicKey();
  const subjects = partner.revokedAt ? [] : subjectsOf(partner, account);
  const bounds = { subs: 100, data: -1, payload: PAYLOAD };
  const template = {
    ...bounds,
    allowed_connection_types: ['STANDARD'],
    pub: { allow: subjects.map(localOf) },
    sub: { allow: [`${inboxOf(partner.name)}.>`] },
  };
  const nats = {
    type: 'account' as const,
    tags: [TAG],
    description: JSON.stringify(partner),
    limits: {
      ...bounds,
      ...{ imports: subjects.length, exports: 0, wildcards: false },
      ...{ conn: CONNECTIONS, leaf: 0, disallow_bearer: true },
    },
    imports: subjects.map((subject) => ({
      name: subject,
      subject,
      local_subject: localOf(subject),
      account,
      type: 'service',
    })),
    signing_keys: [{ kind: 'user_scope', key: signerOf(secret, partner.name).getPublicKey(), role: TAG, template }],
    revocations: { '*': partner.refusedUntil },
  };
  const sub = keyOf('account', secret, `partner ${partner.name}`).getPublicKey();
  return sign(operator, { name: `partner ${partner.name}`, sub, iat, nats });
}

/** All that a partner may ask: the next messages of its durables, how they stand, and to acknowledge. */
function subjectsOf({ subscriptions }: Partner, account: string): string[] {
  return subscriptions.flatMap(({ stream, durable }) => [
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
    `$JS.API.CONSUMER.INFO.${stream}.${durable}`,
    ...ackSubjects(account, stream, durable),
  ]);
}

const localOf = (subject: string): string => subject.replace(/^\$JS\.API\./, `$JS.${DOMAIN}.API.`);
const signerOf = (secret: string, name: string) => keyOf('account', secret, `partner ${name} users`);

/** What the partner's client must begin its inboxes with. */
export const inboxOf = (name: string): string => `_INBOX.${name}`;

/** The partner with credentials more, and the file that holds them. Good once the partner is saved. */
export function withCredentials(
  secret: string,
  partner: Partner,
  { days, keepLast }: { days: number; keepLast: boolean },
): { partner: Partner; creds: string } {
  const { name } = partner;
  const last = partner.credentials.at(-1);
  // Never in the second of those before: what refuses them would refuse these.
  const issuedAt = Math.max(seconds(), partner.refusedUntil + 1, (last?.issuedAt ?? 0) + 1);
  const expiresAt = issuedAt + Math.round(days * 86_400);
  const key = newUserKey();
  const jwt = sign(signerOf(secret, name), {
    name,
    sub: key.getPublicKey(),
    iat: issuedAt,
    exp: expiresAt,
    nats: { type: 'user', issuer_account: keyOf('account', secret, `partner ${name}`).getPublicKey() },
  });
  const kept = keepLast && last ? [last] : [];
  const oldest = kept[0]?.issuedAt ?? issuedAt;
  return {
    partner: {
      ...partner,
      credentials: [...kept, { issuedAt, expiresAt }],
      refusedUntil: Math.max(partner.refusedUntil, oldest - 1),
    },
    creds: credsFile(jwt, seedOf(key)),
  };
}

/** The partner let out: none of its credentials is good any more, and it is given nothing. */
export function revoked(partner: Partner): Partner {
  const refusedUntil = Math.max(seconds(), partner.refusedUntil, partner.credentials.at(-1)?.issuedAt ?? 0);
  return { ...partner, credentials: [], refusedUntil, revokedAt: new Date().toISOString() };
}

const seconds = (): number => Math.floor(Date.now() / 1_000);

const credsFile = (jwt: string, seed: string): string => `-----BEGIN NATS USER JWT-----
${jwt}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
${seed}
------END USER NKEY SEED------
`;
