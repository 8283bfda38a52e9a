import { readFileSync } from 'node:fs';
import { accountKeys, ackSubjects, serviceNames, snake } from '@jonction/stack';
import { type TestNats, testNats } from '@jonction/testing';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { asPartner, heard, makePartner, said, storeEvents } from './partners.ts';

const EVENTS = [
  { operator: 'bfc', aggregate_id: 'ours' },
  { operator: 'idf', aggregate_id: 'of another operator' },
  { operator: 'bfc', aggregate_id: 'ours too' },
];

describe.each([false, true])('with js_ack_fc_v2 %s, a partner of bfc', (js_ack_fc_v2) => {
  const parts = new AsyncDisposableStack();
  let nats: TestNats;
  let provisioner: NatsConnection;
  let acme: NatsConnection;
  let subjects: string[];
  /** Every stream with each of its durables. */
  let durables: [string, string][];

  beforeAll(async () => {
    nats = parts.use(await testNats({ feature_flags: { js_ack_fc_v2 } }));
    provisioner = await nats.provisioner();
    await storeEvents(provisioner, 'procurement', EVENTS);
    const creds = await makePartner(nats, 'acme', '--operator', 'bfc', '--events', 'procurement,ConsultationDrafted');
    await makePartner(nats, 'rival', '--operator', 'idf', '--events', 'procurement,dce-library');
    await makePartner(nats, 'sibling', '--operator', 'bfc', '--events', 'procurement,ConsultationDrafted');
    acme = parts.adopt(await asPartner(nats, creds, 'acme'), (connection) => connection.close());
    durables = await durablesOf(provisioner);
    subjects = matrix(durables);
  });
  afterAll(() => parts.disposeAsync());

  test('hears the events of bfc and none of idf, and acknowledges them', async () => {
    const durable = await jetstream(acme, { domain: 'jonction' }).consumers.get('procurement', 'p_acme_1');
    const got: (string | undefined)[] = [];
    for await (const message of await durable.fetch({ max_messages: 3, expires: 1_000 })) {
      got.push(message.headers?.get('ce-subject'));
      expect(await message.ackAck()).toBe(true);
    }
    expect(got).toEqual(['ours', 'ours too']);
    expect(await durable.info()).toMatchObject({ num_pending: 0, num_ack_pending: 0 });
  });

  test('is refused every call of the JetStream API but the next messages and the state of its own durable', async () => {
    expect(durables).toContainEqual(['procurement', 'p_rival_1']);
    expect(durables).toContainEqual(['dce_library', 'p_rival_2']);
    expect(subjects.length).toBeGreaterThan(300);
    expect(subjects).toContain('$JS.API.CONSUMER.CREATE.procurement.p_acme_1.evt');
    expect(subjects).toContain('$JS.API.STREAM.MSG.GET.procurement');
    const allowed: string[] = [];
    for (const subject of subjects) if ((await said(acme, subject)) !== 'refused') allowed.push(subject);
    expect(allowed).toEqual([
      '$JS.jonction.API.CONSUMER.INFO.procurement.p_acme_1',
      '$JS.jonction.API.CONSUMER.MSG.NEXT.procurement.p_acme_1',
    ]);
  });

  test('is refused the acknowledgements of others, in both forms', async () => {
    const account = accountKeys(inject('secret')).platform.getPublicKey();
    // Something waits for an acknowledgement, or none could be stolen.
    const sibling = await jetstream(provisioner).consumers.get('procurement', 'p_sibling_1');
    for await (const _ of await sibling.fetch({ max_messages: 2 }));
    expect(await sibling.info()).toMatchObject({ num_ack_pending: 2 });
    const before = await statesOf(provisioner, durables);
    for (const [stream, durable] of durables) {
      const own = durable === 'p_acme_1';
      for (const form of ackSubjects(account, stream, durable))
        expect(await said(acme, form.replace('>', '1.1.1.1795495870441366302.0'), '+ACK'), form).toBe(
          own ? 'answered' : 'refused',
        );
      // In the place of the domain and the account stand the stream and the durable of another.
      const confused = `$JS.ACK.${stream}.${durable}.procurement.p_acme_1.1.1.1`;
      if (!own) expect(await said(acme, confused), confused).toBe('refused');
    }
    expect(await statesOf(provisioner, durables)).toEqual(before);
  });

  test('is refused to say anything, and to listen to anything but the answers to itself', async () => {
    const names = [...serviceNames().map(snake), 'provisioner', 'system', 'rival', 'sibling'];
    const spoken = names.flatMap((name) => [
      `nudge.${name}`,
      `release.${name}`,
      `_INBOX.${name}.x`,
      `evt.${name}.v1.E.bfc._`,
    ]);
    for (const subject of [...spoken, ...SYSTEM, '_INBOX.acme.x', 'anything', '$JS.FC.procurement.p_acme_1.x'])
      expect(await said(acme, subject), subject).toBe('refused');
    const listened = [
      ...spoken,
      'evt.>',
      '>',
      '*',
      '_INBOX.>',
      '_INBOX.*.>',
      '$SYS.>',
      '$JS.>',
      'nudge.*',
      'release.*',
      '_R_.>',
    ];
    for (const subject of listened) expect(await heard(acme, subject), subject).toBe('refused');
    for (const [stream, durable] of durables)
      expect(await heard(acme, `$JS.ACK.${stream}.${durable}.>`), durable).toBe('refused');
    expect(await heard(acme, '_INBOX.acme.>')).toBe('taken');
  });
});

const SYSTEM = [
  ...['UPDATE', 'LIST', 'DELETE', 'PACK'].map((verb) => `$SYS.REQ.CLAIMS.${verb}`),
  ...['PING', 'PING.CONNZ', 'PING.JSZ', 'PING.SUBSZ', 'PING.VARZ'].map((verb) => `$SYS.REQ.SERVER.${verb}`),
  ...['CONNZ', 'JSZ', 'SUBSZ', 'INFO'].map((verb) => `$SYS.REQ.ACCOUNT.PING.${verb}`),
  '$SYS.REQ.USER.INFO',
  '$SYS.REQ.USER.AUTH',
];

async function durablesOf(nats: NatsConnection): Promise<[string, string][]> {
  const jsm = await jetstreamManager(nats);
  const all: [string, string][] = [];
  for await (const stream of jsm.streams.list())
    for await (const { name } of jsm.consumers.list(stream.config.name)) all.push([stream.config.name, name]);
  return all.toSorted();
}

async function statesOf(nats: NatsConnection, durables: [string, string][]) {
  const jsm = await jetstreamManager(nats);
  return Promise.all(
    durables.map(async ([stream, durable]) => {
      const { ack_floor, num_ack_pending } = await jsm.consumers.info(stream, durable);
      return { durable, floor: ack_floor.stream_seq, num_ack_pending };
    }),
  );
}

/** The subjects of the API as they stand in the program of nats-server, for each stream and each durable, in both domains. */
function matrix(durables: [string, string][]): string[] {
  const program = readFileSync(inject('natsBinary'), 'latin1');
  const found = program.match(/\$JS\.API\.[A-Z]+(\.[A-Z]+)*(\.(\*|%s|>))*/g) ?? [];
  const patterns = new Set(found.map((one) => one.replaceAll('%s', '*').replace('>', '*')));
  const subjects = new Set<string>();
  for (const pattern of patterns)
    for (const [stream, durable] of durables) {
      const tokens = [stream, durable, 'evt'];
      const subject = pattern.replaceAll('*', () => tokens.shift() ?? 'x');
      subjects.add(subject).add(subject.replace('$JS.API', '$JS.jonction.API'));
    }
  return [...subjects].toSorted();
}
