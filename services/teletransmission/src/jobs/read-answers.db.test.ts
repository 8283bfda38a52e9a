import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deposit, enrol, eventually, testPlatform } from '@jonction/testing';
import { expect, test } from 'vitest';

/** A mailbox that gives its one answer again and again, though it was told to remove it, until it was told `times` times. */
async function forgetfulPrefecture(times: number) {
  let removals = 0;
  let envelopeId = '';
  const answer = () => ({ type: 'ARActe', envelope_id: envelopeId, id_acte: ID, date_reception: '2026-01-07' });
  const mailbox = () =>
    envelopeId && removals < times ? [{ message_id: 'the one', body: JSON.stringify(answer()) }] : [];
  const server = createServer((request, response) => {
    if (request.method === 'POST') envelopeId = envelopeOf(request);
    if (request.method === 'DELETE') removals++;
    request.resume();
    response.end(JSON.stringify({ messages: mailbox() }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    removals: () => removals,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const ID = '021-212100010-20260105-N1-DE';

function envelopeOf({ headers }: IncomingMessage): string {
  const text = Buffer.from(String(headers['x-envelope']), 'base64url').toString();
  return (JSON.parse(text) as { envelope_id: string }).envelope_id;
}

test('a message that comes again after it was removed is acted upon once, and removed again each time', async () => {
  using prefecture = await forgetfulPrefecture(4);
  await using platform = await testPlatform({
    services: ['membership', 'teletransmission'],
    prefectureUrl: prefecture.url,
  });
  const { memberId, caller } = await enrol(platform, { role: 'ROLE_TRANSMITTER' });
  const { actId } = await deposit(caller.teletransmission, memberId);
  await eventually(() => expect(prefecture.removals()).toBe(4));
  const { act } = await caller.teletransmission.getAct({ actId });
  expect(act).toMatchObject({ status: 'ACT_STATUS_ACKNOWLEDGED', prefectureActId: ID });
  const database = platform.databases.teletransmission;
  expect(await database?.query('select message_id, outcome from incoming_message')).toEqual([
    { message_id: 'the one', outcome: 'APPLIED' },
  ]);
  expect(await database?.query(`select from outbox where type like '%ActAcknowledged'`)).toHaveLength(1);
});
