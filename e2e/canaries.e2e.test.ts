import { createHash, randomBytes, randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import {
  actHeader,
  enrol,
  eventually,
  inDays,
  messagesOf,
  pdf,
  requestId,
  type ServiceName,
  testPlatform,
  testPrefecture,
} from '@jonction/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { expect, inject, test } from 'vitest';
import { encode, type Field, fill, rpcs } from './contract.ts';
import { goodRequest, knownOf } from './good-requests.ts';
import { asRequest, itemOf, refusalOf, wiresOf } from './refused.ts';

/** A name, an address and a telephone number that nobody has. */
const NAME = `Canari${randomBytes(6).toString('hex')}`;
const PHONE = `06${String(randomInt(1e8)).padStart(8, '0')}`;
const TYPED = `Mme ${NAME} ${NAME}@exemple.fr ${PHONE}`;

test('what persons typed is in no span, metric, log line, subject or header of a whole day, refused requests included', async () => {
  await using collector = await rawCollector();
  await using prefecture = await testPrefecture();
  const options = { processes: true, otlp: collector.endpoint, prefectureUrl: prefecture.url };
  await using platform = await testPlatform(options);
  const subject = `${NAME}@exemple.fr`;
  const { memberId, agentId, caller } = await enrol(platform, { name: TYPED, subject });
  const { membership } = await platform.as('bfc-admin');
  await membership.grantEntitlement({ requestId: requestId(), agentId, role: 'ROLE_TRANSMITTER' });
  await membership.enrolAgent({ requestId: requestId(), memberId, subject: `2${subject}`, displayName: TYPED });

  const { procurement, teletransmission } = caller;
  const asked = { requestId: requestId(), memberId, title: TYPED, deadline: inDays(30) };
  const consultationId = (await procurement.createConsultation(asked)).consultation?.consultationId ?? '';
  await procurement.publishConsultation({ requestId: requestId(), consultationId });
  await procurement.extendConsultation({ requestId: requestId(), consultationId, deadline: inDays(40) });
  await procurement.closeConsultation({ requestId: requestId(), consultationId });
  const document = Buffer.concat([pdf(), Buffer.from(`% ${TYPED}\n%%EOF\n`)]);
  await eventually(() =>
    teletransmission.depositAct(messagesOf(actHeader(memberId, document, { subject: TYPED }), document)),
  );
  await eventually(async () => {
    const { acts } = await teletransmission.listActs({});
    expect(acts[0]?.status).toBe('ACT_STATUS_ACKNOWLEDGED');
  });
  await caller['dce-library'].listShelves({ query: TYPED });
  await membership.revokeEntitlement({ requestId: requestId(), agentId, role: 'ROLE_BUYER' });
  await eventually(() =>
    expect(procurement.createConsultation({ ...asked, requestId: requestId() })).rejects.toThrow('RIGHT_MISSING'),
  );
  await typedEverywhere(platform, collector.received);

  // The day did hold it, or the rest would show nothing.
  for (const [service, table] of [
    ['membership', 'member'],
    ['membership', 'agent'],
    ['procurement', 'consultation'],
    ['dce-library', 'shelf'],
    ['teletransmission', 'act'],
  ] as const)
    expect(JSON.stringify(await platform.databases[service]?.query(`select * from ${table}`))).toContain(NAME);

  const told = await subjectsAndHeaders(platform.nats);
  expect(told).toContain('ActAcknowledged');
  await eventually(() => expect(collector.received()).toContain('ActAcknowledged'));
  const logs = (['membership', 'procurement', 'dce-library', 'teletransmission'] as ServiceName[])
    .map((name) => platform.logOf(name))
    .join('\n');
  expect(logs).toContain('DepositAct');
  const servers = { nats: platform.nats.log(), prefecture: prefecture.log(), ...postgresLog() };
  expect(servers.nats).toContain('Server is ready');
  for (const [where, trail] of Object.entries({ ...servers, logs, told, exported: collector.received() }))
    for (const form of forms()) expect(trail.toLowerCase().includes(form), `${form} in ${where}`).toBe(false);
}, 180_000);

type Platform = Awaited<ReturnType<typeof testPlatform>>;

/** Each text in each request, one at a time, whatever it is for. */
async function typedEverywhere(platform: Platform, exported: () => string): Promise<void> {
  const known = await knownOf(platform);
  using wires = await wiresOf(platform);
  const typed: string[] = [];
  for (const rpc of rpcs) {
    const type = itemOf(rpc);
    for (const where of textsOf(type)) {
      await refusalOf(wires, rpc, asRequest(rpc, encode(type, goodRequest(type, known, { where, value: TYPED }))));
      typed.push(where);
    }
  }
  expect(typed.length).toBeGreaterThan(40);
  expect(typed).toContain('identifiers[0].value');
  const last = [...new Map(rpcs.map((rpc) => [rpc.service, rpc])).values()];
  for (const rpc of last) {
    await refusalOf(wires, rpc, new Uint8Array(), { metadata: { 'jonction-operator': NAME } });
    await refusalOf(wires, rpc, new Uint8Array(), { metadata: { authorization: `Bearer ${NAME}` } });
  }
  // Spans leave in batches, in their order: when these have arrived, so have those of all that was refused before.
  for (const rpc of last) {
    const traceId = randomBytes(16);
    const traceparent = `00-${traceId.toString('hex')}-00f067aa0ba902b7-01`;
    await refusalOf(wires, rpc, new Uint8Array(), { metadata: { traceparent } });
    await eventually(() => expect(exported()).toContain(traceId.toString('latin1')));
  }
}

/** The paths of all fields of text in a message and in those within it. */
function textsOf(message: string): string[] {
  const found: string[] = [];
  fill(message, (field: Field, where) => {
    if (field.kind === 'string') found.push(where);
    return undefined;
  });
  return found;
}

/** What must not be found, in lower case: as typed, and in the writings that a program might give it. */
function forms(): string[] {
  const hex = Buffer.from(NAME).toString('hex');
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.from('.'.repeat(shift) + NAME)
      .toString('base64')
      .slice(4, -4),
  );
  const hash = createHash('sha256').update(NAME).digest('hex');
  return [NAME, PHONE, hex, hash, ...base64].map((form) => form.toLowerCase());
}

/** Takes whatever is exported over OTLP, spans, metrics or logs, and keeps the bytes as they came. */
async function rawCollector() {
  let bytes = '';
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    bytes += (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('latin1');
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => bytes,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await close();
    },
  };
}

/** Refused statements included; the other tests of this run are in it too. Nothing, when the PostgreSQL is not one of ours. */
function postgresLog(): { postgres?: string } {
  const file = inject('postgresLog');
  if (!existsSync(file)) return {};
  const postgres = readFileSync(file, 'utf8');
  expect(postgres).toContain('ready to accept connections');
  return { postgres };
}

type Bus = Awaited<ReturnType<typeof testPlatform>>['nats'];

/** The subject and the headers of every event. */
async function subjectsAndHeaders(nats: Bus): Promise<string> {
  const jsm = await jetstreamManager(await nats.provisioner());
  const told: string[] = [];
  for await (const { config, state } of jsm.streams.list()) {
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const message = await jsm.streams.getMessage(config.name, { seq });
      if (message) told.push(message.subject, ...[...message.header].flat(2));
    }
  }
  return told.join('\n');
}
