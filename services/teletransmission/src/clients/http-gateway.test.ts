import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Envelope, GatewayUnavailable } from './gateway.ts';
import { answerIn, httpGateway } from './http-gateway.ts';

const envelopeId = '0198b3a4-7c1e-7d00-8a00-0123456789ab';
const good = {
  type: 'ARActe',
  envelope_id: envelopeId,
  id_acte: '02A-212100010-20260105-N_1-DE',
  date_reception: '2026-01-07',
};
const anomaly = {
  type: 'AnomalieActe',
  envelope_id: envelopeId,
  code: '002',
  detail: 'Date de classification périmée.',
};
const said = (message: object) => answerIn(JSON.stringify(message));

test('an acknowledgement and an anomaly are understood', () => {
  expect(said(good)).toEqual({
    kind: 'acknowledgement',
    envelopeId,
    prefectureActId: good.id_acte,
    receivedOn: '2026-01-07',
  });
  expect(said(anomaly)).toEqual({ kind: 'anomaly', envelopeId, code: '002', detail: anomaly.detail });
});

test('a message with anything missing or out of form is not understood, and never throws', () => {
  for (const [message, wrong] of [
    [good, { type: 'ARActeBis', envelope_id: 'x', id_acte: '21-1', date_reception: '2026-02-30' }],
    [anomaly, { type: '', envelope_id: null, code: '', detail: 'NUL \0 here' }],
  ] as const)
    for (const [field, value] of Object.entries(wrong))
      expect(said({ ...message, [field]: value }), field).toBeUndefined();
  for (const text of ['', 'null', '[]', '"ARActe"', '{', '<ARActe/>']) expect(answerIn(text), text).toBeUndefined();
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => answerIn(text) === undefined));
});

test('a prefecture that is down, refuses, or hangs until we stop is out of reach, and the document is let go', async () => {
  const answers = [503, 400, 0];
  const server = createServer((request, response) => {
    const status = answers.shift() ?? 0;
    request.resume();
    if (status > 0) response.writeHead(status).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const signal of [new AbortController().signal, new AbortController().signal, AbortSignal.timeout(60)])
    await expectOutOfReach(url, signal);
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  await expectOutOfReach(url, new AbortController().signal);
});

test('a mailbox that answers with what is no list of messages is out of reach', async () => {
  const bodies = ['', 'null', '{"messages":{}}'];
  const server = createServer((_, response) => response.end(bodies[0]));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const gateway = httpGateway(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  for (; bodies.length > 0; bodies.shift())
    await expect(gateway.receive('bfc', new AbortController().signal), bodies[0]).rejects.toThrow(GatewayUnavailable);
  server.closeAllConnections();
  server.close();
});

test('what is no message does not hold up those behind it', async () => {
  const entries = [
    null,
    { message_id: '\u0000', body: '' },
    { message_id: 'm1', body: { odd: 1 } },
    { message_id: 'm2', body: '' },
  ];
  const server = createServer((_, response) => response.end(JSON.stringify({ messages: entries })));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const gateway = httpGateway(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const messages = await gateway.receive('bfc', new AbortController().signal);
  expect(messages.map(({ messageId, body, answer }) => [messageId, String(body), answer])).toEqual([
    ['m1', '{"odd":1}', undefined],
    ['m2', '', undefined],
  ]);
  server.closeAllConnections();
  server.close();
});

test('a message that is gone from the mailbox is removed', async () => {
  const server = createServer((request, response) =>
    response.writeHead(request.url?.endsWith('old') ? 404 : 500).end(),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const gateway = httpGateway(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await gateway.remove('bfc', 'old', new AbortController().signal);
  await expect(gateway.remove('bfc', 'm1', new AbortController().signal)).rejects.toThrow(GatewayUnavailable);
  server.closeAllConnections();
  server.close();
});

async function expectOutOfReach(url: string, signal: AbortSignal): Promise<void> {
  const document = Readable.from([Buffer.alloc(1_000)]);
  const envelope: Envelope = {
    ...{ envelopeId, mailbox: 'bfc', siren: '', departementCode: '21', number: 'N1', nature: 'ACT_NATURE_OTHER' },
    ...{ subject: 'Voirie', subjectCode: '1.1', decidedOn: '2026-01-05' },
    document: { sha256: 'f'.repeat(64), size: 1_000, open: async () => document },
  };
  await expect(httpGateway(url).send(envelope, signal)).rejects.toThrow(GatewayUnavailable);
  expect(document.destroyed).toBe(true);
}
