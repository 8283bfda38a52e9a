import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, jwtAuthenticator } from '@nats-io/transport-node';
import { Client } from 'pg';

const CONTEXTS = ['membership', 'procurement', 'dce_library', 'teletransmission'];

/** Where it looks: PostgreSQL as its superuser, NATS, the prefecture's book, and the folder of the documents. */
export interface Sources {
  adminUrl: string;
  natsUrl: string;
  prefecture: { ledger(): BookEntry[] };
  folder: string;
}

/** A line of the prefecture's book, as far as it is looked at. */
interface BookEntry {
  kind: string;
  envelope?: { envelope_id: string; number: string; sha256: string };
  message?: { message_id: string };
  messages?: { message_id: string }[];
  message_id?: string;
}

/** A row of an outbox: what the service says has happened, in the order of each aggregate. */
export interface Said {
  id: string;
  operator: string;
  aggregate: string;
  seq: number;
  /** The event's name, without its package. */
  name: string;
  body: string;
  streamSeq: number | null;
}

/** A row of an inbox: what a listener handled. */
export interface Handled {
  id: string;
  aggregate: string;
  seq: number;
  /** Microseconds; of the transaction. */
  at: number;
}

export interface Answered {
  operator: string;
  rpc: string;
  requestId: string;
}

/** One right as a service knows it. Times are milliseconds, 0 for none. */
export interface Right {
  entitlement: string;
  agent: string;
  revokedAt: number;
}

/** What every service's database holds. */
export interface Kept {
  said: Said[];
  handled: Handled[];
  parked: number;
  answered: Answered[];
  rights: Right[];
  agents: string[];
}

export interface Consultation {
  id: string;
  title: string;
  status: string;
  deadline: number;
}

/** A shelf of the library, or one of the states that it went through. */
export interface Shelf {
  consultation: string;
  status: string;
  revision: number;
  openUntil: number;
}

/** An act as teletransmission keeps it. */
export interface ActRow {
  id: string;
  member: string;
  number: string;
  status: string;
  sha256: string;
  envelope: string;
  prefectureActId: string;
  /** Answers that changed it. */
  applied: number;
}

/** What the prefecture's own book says. */
export interface Ledger {
  received: { envelope: string; number: string; sha256: string }[];
  inMailboxes: number;
}

/** A message of a stream. */
export interface Message {
  streamSeq: number;
  id: string;
  body: string;
}

/** All that the oracle looks at. */
export interface Facts {
  membership: Kept & { members: string[]; entitlements: (Right & { role: string })[]; enrolled: string[] };
  procurement: Kept & { consultations: Consultation[]; members: string[] };
  library: Kept & { shelves: Shelf[]; states: Shelf[] };
  teletransmission: Kept & { acts: ActRow[]; members: string[] };
  ledger: Ledger;
  /** `<operator> <sha256>` of every document whose bytes are those of its name. */
  documents: string[];
  /** By context. */
  streams: Record<string, Message[]>;
}

const SAID = `select event_id as id, operator, aggregate_id as aggregate, seq, split_part(type, '.', 4) as name, body,
  stream_seq::float8 as "streamSeq" from outbox order by position`;
const HANDLED = `select event_id as id, aggregate_id as aggregate, seq,
  extract(epoch from handled_at)::float8 * 1e6 as at from inbox`;
const ANSWERED = 'select operator, rpc, request_id as "requestId" from idempotency';
const ms = (column: string) => `coalesce(round(extract(epoch from ${column}) * 1e3), 0)::float8`;
const RIGHTS = `select entitlement_id as entitlement, agent_id as agent, ${ms('revoked_at')} as "revokedAt" from access_right`;
const ENTITLEMENTS = `select entitlement_id as entitlement, agent_id as agent, role, ${ms('revoked_at')} as "revokedAt" from entitlement`;
const SHELF = (table: string) =>
  `select consultation_id as consultation, status, revision, ${ms('open_until')} as "openUntil" from ${table}`;

const ACTS = `select act_id as id, member_id as member, number, status, document_sha256 as sha256, envelope_id as envelope,
  coalesce(prefecture_act_id, '') as "prefectureActId",
  (select count(*)::int from incoming_message m where m.act_id = act.act_id and outcome = 'APPLIED') as applied from act`;
const UNANSWERED = `select (select count(*) from act where status not in ('ACT_STATUS_ACKNOWLEDGED', 'ACT_STATUS_REJECTED'))
  + (select count(*) from incoming_message where removed_at is null) as count`;

/** Notes every state that a shelf is given, in the database itself: the order of effects cannot be told from the last. */
const WITNESS = `
  create table witness (nth bigint generated always as identity primary key, consultation_id uuid, status text, revision integer, open_until timestamptz);
  create function witness() returns trigger language plpgsql security definer set search_path = public as $$
  begin
    insert into witness (consultation_id, status, revision, open_until) values (new.consultation_id, new.status, new.revision, new.open_until);
    return null;
  end $$;
  create trigger witness after insert or update on shelf for each row execute function witness()`;

/** Sets a witness to the library's shelves; to be called before the load. */
export async function setWitness(adminUrl: string): Promise<void> {
  await inDatabase(adminUrl, 'dce_library', (ask) => ask(WITNESS));
}

/** True when nothing is left to send, to hear or to close by itself soon. Throws when PostgreSQL is away. */
export async function isQuiet({ adminUrl, prefecture }: Sources): Promise<boolean> {
  const count = (database: string, text: string) =>
    inDatabase(adminUrl, database, async (ask) => Number((await ask<{ count: string }>(text))[0]?.count));
  const types = (...names: string[]) =>
    `select count(*) from outbox where split_part(type, '.', 4) in (${names.map((name) => `'${name}'`)})`;
  for (const database of CONTEXTS) {
    if ((await count(database, 'select count(*) from outbox where stream_seq is null')) > 0) return false;
  }
  const soon = `select count(*) from consultation where status = 'CONSULTATION_STATUS_PUBLISHED' and deadline < now() + interval '5 minutes'`;
  if ((await count('procurement', soon)) > 0) return false;
  if ((await count('teletransmission', UNANSWERED)) > 0 || readLedger(prefecture).inMailboxes > 0) return false;
  const access = await count('membership', types('AgentEnrolled', 'EntitlementGranted', 'EntitlementRevoked'));
  const admitted = await count('membership', types('MemberAdmitted'));
  const shown = await count('procurement', types('ConsultationPublished', 'DeadlineExtended', 'ConsultationClosed'));
  const heard = (database: string) =>
    count(database, 'select (select count(*) from inbox) + (select count(*) from parked) as count');
  const members = await Promise.all([heard('procurement'), heard('teletransmission')]);
  return Math.min(...members) >= access + admitted && (await heard('dce_library')) >= access + shown;
}

/** Reads everything, as the superuser, with plain SQL; the streams as any client of NATS would; the rest from its files. */
export async function readFacts({ adminUrl, natsUrl, prefecture, folder }: Sources): Promise<Facts> {
  const membership = await inDatabase(adminUrl, 'membership', async (ask) => ({
    ...(await kept(ask)),
    members: (await ask<{ id: string }>('select member_id as id from member')).map(({ id }) => id),
    entitlements: await ask<Right & { role: string }>(ENTITLEMENTS),
    enrolled: (await ask<{ id: string }>('select agent_id as id from agent')).map(({ id }) => id),
  }));
  const procurement = await inDatabase(adminUrl, 'procurement', async (ask) => ({
    ...(await kept(ask)),
    consultations: await ask<Consultation>(
      `select consultation_id as id, title, status, ${ms('deadline')} as deadline from consultation`,
    ),
    members: (await ask<{ id: string }>('select member_id as id from known_member')).map(({ id }) => id),
  }));
  const library = await inDatabase(adminUrl, 'dce_library', async (ask) => ({
    ...(await kept(ask)),
    shelves: await ask<Shelf>(SHELF('shelf')),
    states: await ask<Shelf>(`${SHELF('witness')} order by nth`),
  }));
  const teletransmission = await inDatabase(adminUrl, 'teletransmission', async (ask) => ({
    ...(await kept(ask)),
    acts: await ask<ActRow>(ACTS),
    members: (await ask<{ id: string }>('select member_id as id from known_member')).map(({ id }) => id),
  }));
  const files = { ledger: readLedger(prefecture), documents: readDocuments(join(folder, 'documents')) };
  return { membership, procurement, library, teletransmission, ...files, streams: await readStreams(natsUrl) };
}

/** The prefecture adds a line for all that it does. */
function readLedger({ ledger }: Sources['prefecture']): Ledger {
  const entries = ledger();
  const [put, removed] = [new Set<string>(), new Set<string>()];
  const received: Ledger['received'] = [];
  for (const { kind, envelope, message, messages = [], message_id: id } of entries) {
    if (kind === 'received' && envelope)
      received.push({ envelope: envelope.envelope_id, number: envelope.number, sha256: envelope.sha256 });
    for (const one of message ? [message, ...messages] : messages) put.add(one.message_id);
    if (kind === 'removed' && id) removed.add(id);
  }
  return { received, inMailboxes: put.difference(removed).size };
}

function readDocuments(folder: string): string[] {
  return globSync('*/**/*', { cwd: folder, withFileTypes: true }).flatMap((file) => {
    if (!file.isFile() || !/^[0-9a-f]{64}$/.test(file.name)) return [];
    const path = join(file.parentPath, file.name);
    const [operator] = path.slice(folder.length + 1).split('/');
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    return sha256 === basename(path) ? [`${operator} ${sha256}`] : [];
  });
}

type Ask = <Row extends object>(text: string) => Promise<Row[]>;

async function kept(ask: Ask): Promise<Kept> {
  return {
    said: await ask<Said>(SAID),
    handled: await ask<Handled>(HANDLED),
    parked: (await ask('select from parked')).length,
    answered: await ask<Answered>(ANSWERED),
    rights: await ask<Right>(RIGHTS),
    agents: (await ask<{ id: string }>('select agent_id as id from access_agent')).map(({ id }) => id),
  };
}

async function inDatabase<T>(adminUrl: string, database: string, work: (ask: Ask) => Promise<T>): Promise<T> {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  const client = new Client({ connectionString: url.href });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(async <Row extends object>(text: string) => (await client.query<Row>(text)).rows);
  } finally {
    await client.end();
  }
}

async function readStreams(natsUrl: string): Promise<Record<string, Message[]>> {
  const { host, username: jwt, password: seed } = new URL(natsUrl);
  const authenticator = jwtAuthenticator(jwt, Buffer.from(seed));
  const nats = await connect({ servers: host, authenticator, inboxPrefix: '_INBOX.provisioner' });
  try {
    const manager = await jetstreamManager(nats);
    const streams: Record<string, Message[]> = {};
    for (const name of CONTEXTS) {
      const { last_seq: last, messages } = (await manager.streams.info(name)).state;
      streams[name] = [];
      if (messages === 0) continue;
      const consumer = await jetstream(nats).consumers.get(name);
      for await (const message of await consumer.consume({ max_messages: 1_000 })) {
        streams[name].push({ streamSeq: message.seq, id: message.headers?.get('ce-id') ?? '', body: message.string() });
        if (message.seq >= last) break;
      }
    }
    return streams;
  } finally {
    await nats.close();
  }
}
