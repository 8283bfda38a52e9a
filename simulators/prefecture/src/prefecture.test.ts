import { createHash, randomUUID } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, type TestPrefecture, testPrefecture } from '@jonction/testing';
import { expect, test } from 'vitest';
import { openLedger } from './ledger.ts';

const document = Buffer.from('%PDF-1.7\n%%EOF\n');

async function send(prefecture: TestPrefecture, number: string, envelope_id = randomUUID()) {
  const sha256 = createHash('sha256').update(document).digest('hex');
  const about = { mailbox: 'bfc', siren: '212100010', departement: '021', nature: 'DE', decided_on: '2026-01-05' };
  const envelope = { envelope_id, ...about, number, sha256, size: document.length };
  const headers = { 'x-envelope': Buffer.from(JSON.stringify(envelope)).toString('base64url') };
  return fetch(`${prefecture.url}/envelopes`, { method: 'POST', headers, body: document });
}

async function mailbox({ url }: TestPrefecture): Promise<{ message_id: string; body: string }[]> {
  const answer = (await (await fetch(`${url}/mailboxes/bfc`)).json()) as { messages: [] };
  return answer.messages;
}

test('an envelope sent twice is received once and answered once, also when it is killed in between', async () => {
  await using prefecture = await testPrefecture();
  const envelopeId = randomUUID();
  expect((await send(prefecture, 'N1', envelopeId)).status).toBe(200);
  await prefecture.kill9();
  await prefecture.start();
  expect((await send(prefecture, 'N1', envelopeId)).status).toBe(200);
  await eventually(async () => expect(await mailbox(prefecture)).toHaveLength(1));
  expect(JSON.parse((await mailbox(prefecture))[0]?.body ?? '')).toMatchObject({
    type: 'ARActe',
    envelope_id: envelopeId,
    id_acte: '021-212100010-20260105-N1-DE',
  });
  expect(prefecture.ledger().filter(({ kind }) => kind === 'received')).toHaveLength(1);
});

test('killed before it answered, it answers when it is back', async () => {
  await using prefecture = await testPrefecture(['--delay-ms', '1500']);
  await send(prefecture, 'N1');
  await prefecture.kill9();
  expect(prefecture.ledger().map(({ kind }) => kind)).toEqual(['received']);
  await prefecture.start();
  await eventually(async () => expect(await mailbox(prefecture)).toHaveLength(1));
});

test('the end of a number asks for a refusal, two answers, or none; a message that was read is removed', async () => {
  await using prefecture = await testPrefecture();
  for (const number of ['A_ANO', 'A_BIS', 'A_MUET']) await send(prefecture, number);
  await eventually(async () => expect(await mailbox(prefecture)).toHaveLength(3));
  const [refusal] = await mailbox(prefecture);
  expect(JSON.parse(refusal?.body ?? '')).toMatchObject({ type: 'AnomalieActe', code: '002' });
  await fetch(`${prefecture.url}/mailboxes/bfc/${refusal?.message_id}`, { method: 'DELETE' });
  expect(await mailbox(prefecture)).toHaveLength(2);
});

test('a document that is not the one announced is not taken', async () => {
  await using prefecture = await testPrefecture();
  const envelope = { envelope_id: randomUUID(), mailbox: 'bfc', sha256: 'f'.repeat(64), size: 3 };
  const headers = { 'x-envelope': Buffer.from(JSON.stringify(envelope)).toString('base64url') };
  const answer = await fetch(`${prefecture.url}/envelopes`, { method: 'POST', headers, body: 'abc' });
  expect(answer.status).toBe(400);
  expect(prefecture.ledger()).toEqual([]);
});

test('a line that a crash cut short is forgotten, and the ledger goes on behind the whole ones', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  const removed = (message_id: string) => ({ kind: 'removed', at: 1, message_id }) as const;
  {
    using ledger = openLedger(folder);
    ledger.append(removed('one'));
  }
  appendFileSync(join(folder, 'ledger.jsonl'), '{"kind":"remo');
  {
    using ledger = openLedger(folder);
    expect(ledger.entries).toEqual([removed('one')]);
    ledger.append(removed('two'));
  }
  using ledger = openLedger(folder);
  expect(ledger.entries).toEqual([removed('one'), removed('two')]);
  rmSync(folder, { recursive: true });
});
