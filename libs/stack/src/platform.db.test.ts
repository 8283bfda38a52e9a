import { connectNats, natsOptions, subjectOf } from '@jonction/events';
import { testNats } from '@jonction/testing';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serviceNames, snake } from './platform.ts';

const parts = new AsyncDisposableStack();
let nats: Awaited<ReturnType<typeof testNats>>;
let procurement: NatsConnection;

beforeAll(async () => {
  nats = parts.use(await testNats());
  procurement = await as('procurement');
});
afterAll(() => parts.disposeAsync());

async function as(user: string): Promise<NatsConnection> {
  return parts.adopt(await connectNats(nats.urlOf(user), user), (connection) => connection.close());
}

const event = (context: string, name: string) => subjectOf(`jonction.${context}.v1.${name}`, 'bfc', '');

/** What the server says to a message on a subject: `answered`, `refused`, or `unanswered` when it may be sent. */
async function said(connection: NatsConnection, subject: string, body = ''): Promise<string> {
  try {
    await connection.request(subject, body, { timeout: 500 });
    return 'answered';
  } catch (error) {
    const text = String((error as Error).cause ?? error);
    if (/permission/i.test(text)) return 'refused';
    if (/no responders|timeout/i.test(text)) return 'unanswered';
    throw error;
  }
}

/** `taken` when the server lets us listen there, `refused` when it does not. */
async function heard(connection: NatsConnection, subject: string): Promise<string> {
  let refused = false;
  const subscription = connection.subscribe(subject, {
    callback: (error) => {
      refused ||= /permission/i.test(String(error));
    },
  });
  // The refusal comes before the answer to a ping sent after it.
  await connection.flush();
  subscription.unsubscribe();
  return refused ? 'refused' : 'taken';
}

test('each service has a user, and none of them has the password of another', async () => {
  const urls = ['provisioner', ...serviceNames().map(snake)].map((user) => nats.urlOf(user));
  expect(new Set(urls.map((url) => new URL(url).password)).size).toBe(urls.length);
  const [provisioner = '', membership = ''] = urls;
  const stranger = new URL(provisioner);
  stranger.password = new URL(membership).password;
  const { host } = stranger;
  await expect(connect({ ...natsOptions(stranger.href), reconnect: false })).rejects.toThrow(/authorization/i);
  await expect(connect({ servers: host, reconnect: false })).rejects.toThrow(/authorization/i);
  await expect(connect({ servers: host, user: 'provisioner', pass: 'x', reconnect: false })).rejects.toThrow(
    /authorization/i,
  );
});

describe('a service', () => {
  test('says its own events, and hears its own durables', async () => {
    const said = await jetstream(procurement).publish(event('procurement', 'ConsultationClosed'), '{}');
    expect(said).toMatchObject({ stream: 'procurement', seq: 1 });
    const library = await as('dce_library');
    const durable = await jetstream(library).consumers.get('procurement', 'dce_library');
    const heard = await durable.next({ expires: 2_000 });
    expect(heard?.subject).toBe(event('procurement', 'ConsultationClosed'));
    expect(await heard?.ackAck()).toBe(true);
  });

  test('reads back its own stream, and nothing of another', async () => {
    const jsm = await jetstreamManager(procurement, { checkAPI: false });
    expect((await jsm.streams.info('procurement')).config.name).toBe('procurement');
    expect(await said(procurement, '$JS.API.STREAM.MSG.GET.procurement', '{"seq":1}')).toBe('answered');
    expect(await said(procurement, '$JS.API.STREAM.MSG.GET.membership', '{"seq":1}')).toBe('refused');
    expect(await said(procurement, '$JS.API.STREAM.INFO.membership')).toBe('refused');
    expect(await said(procurement, '$JS.API.DIRECT.GET.membership', '{"seq":1}')).toBe('refused');
  });

  test.each([
    ['says an event of another context', event('membership', 'MemberAdmitted')],
    ['takes the events of a durable of another', '$JS.API.CONSUMER.MSG.NEXT.membership.dce_library'],
    ['acknowledges for another', '$JS.ACK.membership.dce_library.1.1.1.1.0'],
    ['acknowledges for another, in the newer form', '$JS.ACK._.hash.membership.dce_library.1.1.1.1.0.token'],
    [
      'acknowledges for another, in the older form read as the newer',
      '$JS.ACK.procurement.dce_library.membership.procurement.1.1.1',
    ],
    ['sets the durable of another back', '$JS.API.CONSUMER.RESET.membership.dce_library'],
    ['makes a stream', '$JS.API.STREAM.CREATE.mine'],
    ['changes its stream', '$JS.API.STREAM.UPDATE.procurement'],
    ['deletes its stream', '$JS.API.STREAM.DELETE.procurement'],
    ['empties its stream', '$JS.API.STREAM.PURGE.procurement'],
    ['takes a message out of its stream', '$JS.API.STREAM.MSG.DELETE.procurement'],
    ['puts an older copy in place of its stream', '$JS.API.STREAM.RESTORE.procurement'],
    ['copies a whole stream', '$JS.API.STREAM.SNAPSHOT.membership'],
    ['makes a consumer of its own', '$JS.API.CONSUMER.CREATE.membership.spy'],
    ['makes a durable of its own', '$JS.API.CONSUMER.DURABLE.CREATE.membership.spy'],
    ['deletes its durable', '$JS.API.CONSUMER.DELETE.membership.procurement'],
    ['wakes the relay of another', 'nudge.membership'],
    ['releases the parked events of another', 'release.dce_library'],
    ['answers another service in the place of a third', '_INBOX.dce_library.reply'],
  ])('is refused when it %s', async (_, subject) => {
    expect(await said(procurement, subject)).toBe('refused');
  });

  test.each([
    ['all events', 'evt.>'],
    ['its own events as they pass', event('procurement', 'ConsultationClosed')],
    ['the answers to another', '_INBOX.membership.>'],
    ['everything', '>'],
    ['what is asked of JetStream', '$JS.>'],
    ['the releases of another', 'release.dce_library'],
  ])('is refused when it listens to %s', async (_, subject) => {
    expect(await heard(procurement, subject)).toBe('refused');
  });

  test('is heard when it wakes its own relay, and when its parked events are released', async () => {
    expect(await heard(procurement, 'nudge.procurement')).toBe('taken');
    expect(await heard(procurement, 'release.procurement')).toBe('taken');
    expect(await said(procurement, 'nudge.procurement')).toBe('unanswered');
  });
});

test('the provisioner may do what the services may not', async () => {
  const provisioner = await as('provisioner');
  const jsm = await jetstreamManager(provisioner);
  await jsm.consumers.add('membership', { durable_name: 'passing', ack_policy: AckPolicy.None });
  expect(await jsm.consumers.delete('membership', 'passing')).toBe(true);
});
