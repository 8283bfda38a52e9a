import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { ActServiceDefinition, DepositActRequest } from '@jonction/contracts';
import { openDocuments } from '@jonction/documents';
import { openDatabase } from '@jonction/service';
import {
  actHeader,
  actNumber,
  deposit,
  enrol,
  eventually,
  messagesOf,
  pdf,
  requestId,
  type TestPlatform,
  testPlatform,
} from '@jonction/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { sweepDocuments } from '../jobs/sweep-documents.ts';

const MIB = 1024 * 1024;
const parts = new AsyncDisposableStack();
let platform: TestPlatform;
let someone: Awaited<ReturnType<typeof enrol>>;

beforeAll(async () => {
  platform = parts.use(await testPlatform({ services: ['membership', 'teletransmission'] }));
  someone = await enrol(platform, { role: 'ROLE_TRANSMITTER' });
});
afterAll(() => parts.disposeAsync());

const acts = () => someone.caller.teletransmission;
const rows = (text: string) => platform.databases.teletransmission?.query(text);

/** Everything that a deposit may leave: rows, documents, and what is under way. */
async function traces() {
  const documents = readdirSync(platform.documents, { recursive: true }).map(String).sort();
  const counts =
    await rows(`select (select count(*)::int from act) as acts, (select count(*)::int from outbox) as events,
    (select count(*)::int from idempotency) as answers, (select count(distinct payload->>'actId')::int from graphile_worker._private_jobs) as jobs`);
  return { documents, counts };
}

/** Sends a header and pieces; each bad deposit must be refused for its reason, and leave nothing. */
async function refused(header: object, pieces: Iterable<Buffer>, reason: string) {
  const before = await traces();
  async function* messages() {
    yield { part: { $case: 'header' as const, value: header } };
    for (const value of pieces) yield { part: { $case: 'chunk' as const, value } };
  }
  const error = await acts()
    .depositAct(messages(), { deadlineMs: 60_000 })
    .then(
      () => undefined,
      (thrown) => thrown,
    );
  expect(error, reason).toMatchObject({ reason });
  expect(error.french.length, reason).toBeGreaterThan(20);
  expect(error.english.length, reason).toBeGreaterThan(20);
  expect(await traces(), reason).toEqual(before);
  // The same request_id is as good as new: with the document mended it completes.
  const { requestId } = header as { requestId?: string };
  if (reason === 'REQUEST_ID_REUSED' || !requestId || !/^[\w-]{1,64}$/.test(requestId)) return;
  const document = pdf();
  const mended = { ...actHeader(someone.memberId, document), requestId };
  const { act } = await acts().depositAct(messagesOf(mended, document));
  expect(act?.number, reason).toBe(mended.number);
}

function* bytesOf(size: number) {
  for (let at = 0; at < size; at += MIB / 4) yield Buffer.alloc(Math.min(MIB / 4, size - at), at / 7);
}

test('an act is one row, one document, one event and one job, in the same transaction', async () => {
  const before = await traces();
  const document = pdf(700_000);
  const header = actHeader(someone.memberId, document);
  const { act } = await acts().depositAct(messagesOf(header, document));
  const { requestId: _, ...said } = header;
  expect(act).toMatchObject({ ...said, operator: 'bfc', status: 'ACT_STATUS_DEPOSITED' });
  const after = await traces();
  expect(after.documents.filter((path) => !before.documents.includes(path))).toContain(`bfc/${header.documentSha256}`);
  expect(
    await rows(`select type, body::json->>'number' as number from outbox where aggregate_id = '${act?.actId}'`),
  ).toEqual([{ type: 'jonction.teletransmission.v1.ActDeposited', number: header.number }]);
  expect(
    // One that is under way may already have planned its next run.
    await rows(
      `select distinct payload->>'actId' from graphile_worker._private_jobs where payload->>'actId' = '${act?.actId}'`,
    ),
  ).toHaveLength(1);
});

test('no byte, too many, fewer or more than announced, other bytes, no PDF: refused in words, and nothing is left', async () => {
  const good = pdf(300_000);
  const header = (document: Buffer, more: object = {}) => actHeader(someone.memberId, document, more);
  const zip = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), good]);
  await refused(header(Buffer.alloc(0)), [], 'DOCUMENT_EMPTY');
  await refused(header(good), [], 'DOCUMENT_EMPTY');
  await refused(header(good, { documentSize: BigInt(151 * MIB) }), bytesOf(151 * MIB), 'DOCUMENT_TOO_LARGE');
  await refused(header(good), bytesOf(151 * MIB), 'DOCUMENT_NOT_PDF');
  await refused(header(good), [...[good], ...bytesOf(20 * MIB)], 'DOCUMENT_SIZE_WRONG');
  await refused(header(good), [good.subarray(0, -1)], 'DOCUMENT_SIZE_WRONG');
  await refused(header(good, { documentSize: BigInt(good.length - 1) }), [good], 'DOCUMENT_SIZE_WRONG');
  await refused(header(good, { documentSha256: 'a'.repeat(64) }), [good], 'DOCUMENT_HASH_WRONG');
  await refused(header(zip), [zip], 'DOCUMENT_NOT_PDF');
});

test('what a header shows is refused before a byte is taken, though the sender goes on', async () => {
  const document = pdf();
  const header = (more: object) => actHeader(someone.memberId, document, more);
  const taken = await deposit(acts(), someone.memberId);
  await refused(header({ number: taken.number }), bytesOf(30 * MIB), 'NUMBER_TAKEN');
  await refused(header({ decidedOn: '2999-01-01' }), bytesOf(30 * MIB), 'DECISION_IN_FUTURE');
  await refused(header({ memberId: '0198b3a4-7c1e-7d00-8a00-0123456789ab' }), bytesOf(30 * MIB), 'NOT_A_MEMBER');
  const other = await enrol(platform, { role: 'ROLE_TRANSMITTER', name: 'Beaune' });
  await refused(header({ memberId: other.memberId }), bytesOf(30 * MIB), 'OTHER_MEMBER');
  for (const [field, value] of [
    ['number', 'minuscules'],
    ['subjectCode', '1'],
    ['decidedOn', '2026-02-30'],
    ['documentSha256', 'A'.repeat(64)],
    ['subject', 'x'.repeat(500)],
    ['documentSize', -1n],
  ] as const)
    await refused(header({ [field]: value }), bytesOf(30 * MIB), 'FIELD_INVALID');
});

test('a message out of its place is refused: bytes first, a second header', async () => {
  const document = pdf();
  const header = actHeader(someone.memberId, document);
  async function* bytesFirst() {
    yield { part: { $case: 'chunk' as const, value: document } };
  }
  async function* twoHeaders() {
    yield { part: { $case: 'header' as const, value: header } };
    yield { part: { $case: 'header' as const, value: header } };
  }
  async function* nothing() {}
  for (const messages of [bytesFirst, twoHeaders, nothing])
    await expect(acts().depositAct(messages())).rejects.toMatchObject({ reason: 'FIELD_INVALID', fields: ['header'] });
});

test('cut in the middle, an upload leaves nothing, and a repeat with the same request_id completes', async () => {
  const before = await traces();
  const document = pdf(2 * MIB);
  const header = actHeader(someone.memberId, document);
  const call = await rawUpload();
  call.write({ part: { $case: 'header', value: header } });
  call.write({ part: { $case: 'chunk', value: document.subarray(0, MIB) } });
  await eventually(() => expect(readdirSync(join(platform.documents, '_incoming'))).toHaveLength(1));
  // The connection itself goes, as when a cable is pulled.
  call.channel.close();
  call.cancel();
  await eventually(async () => expect(await traces()).toEqual(before));
  const { act } = await acts().depositAct(messagesOf(header, document));
  expect(act?.number).toBe(header.number);
});

test('a repeat is answered with the same act from its header, without the bytes; another content is refused', async () => {
  const document = pdf();
  const header = actHeader(someone.memberId, document);
  const first = await acts().depositAct(messagesOf(header, document));
  async function* headerOnly() {
    yield { part: { $case: 'header' as const, value: header } };
    // Whoever waits for the bytes waits for ever.
    await new Promise(() => {});
  }
  expect(await acts().depositAct(headerOnly())).toEqual(first);
  const other = { ...header, subject: 'Autre objet' };
  await refused(other, bytesOf(30 * MIB), 'REQUEST_ID_REUSED');
  const stranger = await platform.as('stranger');
  await expect(stranger.teletransmission.depositAct(headerOnly())).rejects.toMatchObject({ reason: 'NOT_ENROLLED' });
});

test('the same deposit many times at once is one act with one answer; one number in two deposits is one act', async () => {
  const document = pdf(600_000);
  const header = actHeader(someone.memberId, document);
  const answers = await Promise.all(Array.from({ length: 8 }, () => acts().depositAct(messagesOf(header, document))));
  expect(new Set(answers.map(({ act }) => act?.actId)).size).toBe(1);
  const number = actNumber();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 4 }, () => deposit(acts(), someone.memberId, { number })),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ reason: 'NUMBER_TAKEN' });
});

test('a document of one operator opens nothing at another: its bytes are asked for, kept apart, and swept apart', async () => {
  const other = await enrol(platform, { role: 'ROLE_TRANSMITTER', operator: 'idf' });
  const document = pdf(5_000);
  const { act } = await acts().depositAct(messagesOf(actHeader(someone.memberId, document), document));
  const hash = createHash('sha256').update(document).digest('hex');
  const at = (operator: string) => existsSync(join(platform.documents, operator, hash));
  expect([at('bfc'), at('idf')]).toEqual([true, false]);
  // Who only knows the hash is answered as if nobody had such a document.
  const header = actHeader(other.memberId, document);
  const theirs = other.caller.teletransmission;
  const unknown = actHeader(other.memberId, pdf(5_000));
  const refusalOf = (asked: object) => theirs.depositAct(messagesOf(asked, Buffer.alloc(0))).catch((error) => error);
  const [forKnown, forUnknown] = [await refusalOf(header), await refusalOf(unknown)];
  expect(forKnown).toMatchObject({ reason: forUnknown.reason, french: forUnknown.french });
  expect(at('idf')).toBe(false);
  await expect(theirs.getAct({ actId: act?.actId ?? '' })).rejects.toMatchObject({ code: grpc.status.NOT_FOUND });
  await theirs.depositAct(messagesOf(header, document));
  expect([at('bfc'), at('idf')]).toEqual([true, true]);
  // Neither may be swept because only the other's act names it.
  await rows(`delete from act where operator = 'idf'`);
  await using database = await openDatabase({
    url: platform.databases.teletransmission?.appUrl ?? '',
    entities: tables,
  });
  await eventually(async () => {
    await sweepDocuments(database, openDocuments({ folder: platform.documents }), 0);
    expect([at('bfc'), at('idf')]).toEqual([true, false]);
  });
});

test('the sweep removes what no act names, and nothing else', async () => {
  const kept = await deposit(acts(), someone.memberId);
  const documents = openDocuments({ folder: platform.documents });
  const orphan = pdf();
  const sha256 = createHash('sha256').update(orphan).digest('hex');
  async function* bytes() {
    yield orphan;
  }
  await documents.put('bfc', bytes(), { sha256, size: orphan.length, maxBytes: MIB });
  await using database = await openDatabase({
    url: platform.databases.teletransmission?.appUrl ?? '',
    entities: tables,
  });
  expect(await sweepDocuments(database, documents)).toBe(0);
  await eventually(async () => {
    await sweepDocuments(database, documents, 1);
    expect(await documents.exists('bfc', sha256)).toBe(false);
  });
  expect(await documents.exists('bfc', kept.documentSha256)).toBe(true);
});

test('an agent of another member neither reads the act nor lists it, nor says that it was published', async () => {
  const act = await deposit(acts(), someone.memberId);
  const other = await enrol(platform, { role: 'ROLE_TRANSMITTER', name: 'Chenove' });
  const reader = other.caller.teletransmission;
  await expect(reader.getAct({ actId: act.actId })).rejects.toMatchObject({ reason: 'NOT_FOUND' });
  expect((await reader.listActs({ memberId: someone.memberId })).acts).toEqual([]);
  const asked = { requestId: requestId(), actId: act.actId, publishedOn: '2026-01-06' };
  await expect(reader.markActPublished(asked)).rejects.toMatchObject({ reason: 'OTHER_MEMBER' });
  const { teletransmission } = await platform.as('bfc-admin');
  expect((await teletransmission.getAct({ actId: act.actId })).act).toEqual(act);
});

test('a list gives every act once, newest first, page after page', async () => {
  const { memberId, caller } = await enrol(platform, { role: 'ROLE_TRANSMITTER', name: 'Longvic' });
  const deposited: string[] = [];
  for (let nth = 0; nth < 5; nth++) deposited.unshift((await deposit(caller.teletransmission, memberId)).actId);
  const listed: string[] = [];
  for (let pageToken = ''; listed.length < 9; ) {
    const { acts: page, nextPageToken } = await caller.teletransmission.listActs({ pageSize: 2, pageToken });
    listed.push(...page.map(({ actId }) => actId));
    pageToken = nextPageToken;
    if (!pageToken) break;
  }
  expect(listed).toEqual(deposited);
});

/** A call on a connection of its own, that can be cut. */
async function rawUpload() {
  const method = ActServiceDefinition.methods.depositAct;
  const channel = new grpc.Client(platform.address('teletransmission'), grpc.credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  const metadata = new grpc.Metadata();
  metadata.set('authorization', `Bearer ${await platform.issuer.sign({ subject: someone.subject })}`);
  metadata.set('jonction-operator', 'bfc');
  const call = channel.makeClientStreamRequest(
    `/${ActServiceDefinition.fullName}/${method.name}`,
    (message: DepositActRequest) => Buffer.from(DepositActRequest.encode(message).finish()),
    (bytes) => bytes,
    metadata,
    { deadline: Date.now() + 20_000 },
    () => {},
  );
  return Object.assign(call, { channel });
}
