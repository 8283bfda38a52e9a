import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import type { CallError } from '@jonction/contracts/client';
import { inDays, requestId, type TestPlatform, testPlatform } from '@jonction/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { expect, test } from 'vitest';
import { describedPaths, type Field, fieldsOf, fill, type Rpc, rpcs, valuesOf } from './contract.ts';
import { quiet, type Row, rowsWhere } from './rows.ts';
import { populate, SECRET, wordsOfBfc } from './two-operators.ts';
import { type Wire, type Wires, wiresTo } from './wire.ts';

test('the administrator of idf, who has every right there, reads, writes, lists and counts nothing of bfc through any RPC', async () => {
  await using platform = await testPlatform();
  await populate(platform);
  const rows = (await sampleOf(platform)).flat();
  const { all, secret: secrets } = await wordsOfBfc(platform);
  expect(secrets.size).toBeGreaterThan(20);
  using own = await wireOf(platform, 'bfc');
  using other = await wireOf(platform, 'idf');
  const before = await rowsWhere(platform, `operator = 'bfc'`);
  const called = new Set<string>();

  for (const rpc of rpcs.filter(({ writes }) => !writes)) {
    const requests = requestsOf(rpc, rows);
    const seenByOwner: string[] = [];
    for (const request of requests) {
      seenByOwner.push((await ask(own, rpc, [request]))[0]?.text ?? '');
      const [answer] = await ask(other, rpc, [request]);
      const what = `${rpc.path} ${JSON.stringify(request)}`;
      expect([status.OK, status.NOT_FOUND, status.INVALID_ARGUMENT], what).toContain(answer?.code);
      expect(leaked(answer?.text ?? '', secrets), what).toEqual([]);
      expectOwnCount(answer?.text ?? '', what);
    }
    // The probe is no blind one: with the same requests bfc itself finds its rows, where there are rows to find.
    if (!READS_NO_ROW.includes(rpc.method.name)) expect(leaked(seenByOwner.join(), all), rpc.path).not.toEqual([]);
    called.add(rpc.path);
  }
  for (const rpc of rpcs.filter(({ writes }) => writes)) {
    const requests = requestsOf(rpc, rows);
    const answers = await ask(other, rpc, requests);
    for (const [at, { code, text }] of answers.entries()) {
      const what = `${rpc.path} ${JSON.stringify(requests[at])} → ${code}`;
      expect(REFUSALS_OF_WRITES, what).toContain(code);
      // What a write answers with may tell what the caller said, and nothing else of bfc.
      expect(leaked(text, secrets, JSON.stringify(requests[at])), what).toEqual([]);
    }
    // Some request got past the check of its fields, or nothing was tried.
    expect(new Set(answers.map(({ code }) => code)), rpc.path).not.toEqual(new Set([status.INVALID_ARGUMENT]));
    called.add(rpc.path);
  }
  expect([...called].sort()).toEqual(describedPaths.sort());
  await quiet(platform);
  expect(await rowsWhere(platform, `operator = 'bfc'`)).toEqual(before);
});

test('the administrator of idf is nobody at bfc: every RPC is refused', async () => {
  await using platform = await testPlatform();
  await populate(platform);
  const rows = (await sampleOf(platform)).flat();
  const before = await rowsWhere(platform, 'true');
  const token = await platform.issuer.sign({ subject: 'idf-admin' });
  const metadata = { authorization: `Bearer ${token}`, 'jonction-operator': 'bfc' };
  using wire = wiresTo(platform, { metadata });
  for (const rpc of rpcs) {
    const [answer] = await ask(wire, rpc, requestsOf(rpc, rows).slice(0, 1));
    expect(answer, rpc.path).toMatchObject({ code: status.PERMISSION_DENIED, reason: 'NOT_ENROLLED' });
  }
  expect(await rowsWhere(platform, 'true')).toEqual(before);
});

test('what bfc published is read by idf, what it drafts is not', async () => {
  await using platform = await testPlatform();
  const { draftId, publishedId, closedId } = await populate(platform);
  const idf = await platform.as('idf-admin', 'idf');
  for (const consultationId of [publishedId, closedId]) {
    const { consultation } = await idf.procurement.getConsultation({ consultationId });
    expect(consultation).toMatchObject({ consultationId, operator: 'bfc' });
    const { shelf } = await idf['dce-library'].getShelf({ consultationId });
    expect(shelf).toMatchObject({ consultationId, operator: 'bfc' });
  }
  const listed = (await idf.procurement.listConsultations({ operator: 'bfc' })).consultations;
  expect(listed.map(({ consultationId }) => consultationId).sort()).toEqual([publishedId, closedId].sort());
  const shelves = (await idf['dce-library'].listShelves({ operator: 'bfc' })).shelves;
  expect(shelves.map(({ consultationId }) => consultationId).sort()).toEqual([publishedId, closedId].sort());
  await expect(idf.procurement.getConsultation({ consultationId: draftId })).rejects.toMatchObject({
    code: status.NOT_FOUND,
  });
  // Public to read is not public to write.
  for (const consultationId of [publishedId, closedId, draftId]) {
    await expect(idf.procurement.closeConsultation({ requestId: requestId(), consultationId })).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
  }
});

test('every message in every stream bears in its subject the operator and the member whose it is', async () => {
  await using platform = await testPlatform();
  await populate(platform);
  const provisioner = await platform.nats.provisioner();
  const manager = await jetstreamManager(provisioner);
  const operators: Record<string, Set<string>> = {};
  for (const [service, database] of Object.entries(platform.databases)) {
    const stream = service.replaceAll('-', '_');
    const seen = new Set<string>();
    operators[stream] = seen;
    const events = await database.query('select stream_seq::int as seq, operator, member_id, type, body from outbox');
    expect((await manager.streams.info(stream)).state.messages, stream).toBe(events.length);
    for (const { seq, operator, member_id, type, body } of events) {
      const message = await manager.streams.getMessage(stream, { seq: Number(seq) });
      const [, context, version, name] = String(type).split('.');
      const subject = `evt.${context}.${version}.${name}.${operator}.${member_id || '_'}`;
      expect(message?.subject).toBe(subject);
      // What the body says of itself is what the subject lets through.
      const said = JSON.parse(String(body)) as { operator: string; memberId?: string };
      expect([said.operator, said.memberId ?? ''], subject).toEqual([operator, member_id]);
      expect(message?.string(), subject).toBe(body);
      seen.add(String(operator));
    }
  }
  for (const [stream, seen] of Object.entries(operators)) expect([...seen].sort(), stream).toEqual(['bfc', 'idf']);
});

/** What a request is refused without, and rows have under no such name. */
const NEEDED: Record<string, unknown> = {
  vintage: 2026,
  estimate_cents: '5000000',
  reference: 'R-1',
  cpv_code: '45000000',
  place_codes: 'FRC11',
  lot_number: 1,
  duration_months: 12,
  decision_ref: 'D-1',
  supplier_sirets: '35600000000048',
  amount_cents: '100',
  tenders_received: 1,
  ...{ item_id: 'adhesion', item_ids: 'adhesion', payer_id: 'payer' },
  ...{ share_basis_points: 5_000, years: 3, departement_codes: '21' },
};

/** Answered from the law and the request alone. */
const READS_NO_ROW = ['ComputeDeadlines'];

const REFUSALS_OF_WRITES = [
  status.OK,
  status.NOT_FOUND,
  status.INVALID_ARGUMENT,
  status.ALREADY_EXISTS,
  status.FAILED_PRECONDITION,
];

/** A few rows of bfc of each table of each service. */
async function sampleOf(platform: TestPlatform): Promise<Row[][]> {
  return Object.values(await rowsWhere(platform, `operator = 'bfc'`)).map((rows) => rows.slice(0, 6));
}

function leaked(text: string, secrets: Set<string>, said = ''): string[] {
  return [...secrets].filter((secret) => text.includes(secret) && !said.includes(secret));
}

/** When an answer counts, it counts what it lists: each list here fits on one page. */
function expectOwnCount(text: string, what: string): void {
  const answer = JSON.parse(text || '{}');
  if (answer.totalSize === undefined && !what.includes('ListMembers')) return;
  const listed = Object.values(answer).find(Array.isArray) ?? [];
  expect(answer.totalSize ?? 0, what).toBe(listed.length);
}

/** For each row the request whose fields of the same names as its columns are filled from it; then one field at a time. */
function requestsOf({ method, writes }: Rpc, rows: Row[]): object[] {
  const type = method.requestType.$type;
  const fallback = (field: Field) => (writes ? rows.map((row) => row[field.name]).find(Boolean) : undefined);
  const filled = rows.map((row) =>
    fill(type, (field) => {
      if (field.name === 'request_id') return row.request_id ?? 'to be drawn';
      const needed = NEEDED[field.name];
      if (needed !== undefined && (writes || row[field.name] === undefined)) return needed;
      const one = field.repeated ? row[field.name.replace(/s$/, '')] : undefined;
      return valueFor(field, row[field.name] ?? one ?? fallback(field), writes);
    }),
  );
  const searched = writes
    ? []
    : fieldsOf(type).flatMap(({ kind, jsonName }) => (kind === 'string' ? [{ [jsonName]: SECRET }] : []));
  const asked = [...filled, ...plans(type, rows), ...searched, ...(writes ? [] : [{}])];
  const distinct = [...new Set(asked.map((it) => JSON.stringify(it)))];
  return distinct.map((text) =>
    JSON.parse(text, (_, value) => (value === 'to be drawn' ? `isolation-${randomUUID()}` : value)),
  );
}

/** What no single row fills: an operation over bodies, here one that goes into a commune yet to be. */
function plans(type: string, rows: Row[]): object[] {
  const fields = fieldsOf(type).map(({ name }) => name);
  if (!fields.includes('plan')) return [];
  const created = { kind: 'ORGANIZATION_KIND_COMMUNE', name: 'Neuve', departementCode: '21' };
  const ids = new Set(rows.map((row) => row.member_id).filter((id) => typeof id === 'string' && id !== ''));
  const what = { kind: 'MERGE_KIND_NEW_COMMUNE', effectiveOn: '2026-01-01', created };
  const request = fields.includes('request_id') ? { requestId: 'to be drawn' } : {};
  return [...ids].map((id) => ({ ...request, plan: { ...what, predecessorMemberIds: [id] } }));
}

/** A value that the field's type takes, or what a request may leave out. */
function valueFor({ kind, typeName }: Field, value: unknown, writes: boolean): unknown {
  if (kind === 'enum')
    return valuesOf(typeName).find((name) => name === value) ?? (writes ? valuesOf(typeName)[1] : undefined);
  if (typeName === 'google.protobuf.Timestamp') return value ?? inDays(30).toISOString();
  if (kind === 'string') return typeof value === 'string' ? value : undefined;
  return kind === 'int32' && typeof value === 'number' ? value : undefined;
}

interface Answer {
  code: status;
  reason: string;
  /** The answer in JSON; empty when refused. */
  text: string;
}

async function wireOf(platform: TestPlatform, operator: string): Promise<Wires> {
  const token = await platform.issuer.sign({ subject: `${operator}-admin` });
  return wiresTo(platform, { metadata: { authorization: `Bearer ${token}`, 'jonction-operator': operator } });
}

/** Sends requests, one after the other or as the items of one call, and gives what became of each. */
async function ask(wires: Wires, { service, path, method }: Rpc, requests: object[]): Promise<Answer[]> {
  const wire = wires[service] as Wire;
  const bytes = requests.map((request) => method.requestType.encode(method.requestType.fromJSON(request)).finish());
  const toText = (answer: Buffer) => JSON.stringify(method.responseType.toJSON(method.responseType.decode(answer)));
  const textOf = (got: Buffer[], all: boolean) => (all ? `[${got.map(toText)}]` : toText(got[0] as Buffer));
  const asAnswer = (error: CallError): Answer => ({ code: error.code, reason: error.reason, text: '' });
  if (method.requestStream && method.responseStream) {
    const receipts = await wire.stream(path, bytes).catch((error) => asAnswer(error as CallError));
    if (!Array.isArray(receipts)) return [receipts];
    return receipts.map((receipt) => {
      const text = toText(receipt);
      const { refusal } = JSON.parse(text);
      return { code: refusal?.code ?? status.OK, reason: refusal?.reason ?? '', text };
    });
  }
  const answers: Answer[] = [];
  for (const one of bytes) {
    // An upload of which the header comes alone, or one request to a stream: on the wire, one answer is a stream of one.
    const streams = method.requestStream || method.responseStream;
    const sent = streams ? wire.stream(path, [one]) : wire.unary(path, one).then((got) => [got]);
    const answer = sent.then((got) => ({ code: status.OK, reason: '', text: textOf(got, method.responseStream) }));
    answers.push(await answer.catch(asAnswer));
  }
  return answers;
}
