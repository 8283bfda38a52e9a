// Hears events from the first one on and acts on each once: node listen.ts <file.creds> <stream> <durable>
import { existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { jetstream } from '@nats-io/jetstream';
import { connect, credsAuthenticator } from '@nats-io/transport-node';

const [credsFile = '', stream = '', durable = ''] = process.argv.slice(2);
const partner = durable.replace(/^p_|_\d+$/g, '');

// The effect here is a line in a file. It bears the id of its event, so that effect and memory of it are one write: in a
// database they would be two rows of one transaction.
const file = `${durable}.jsonl`;
const kept = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
const whole = kept.lastIndexOf('\n') + 1;
if (whole < kept.length) truncateSync(file, whole); // a line that a crash cut short never was
const lines = kept.toString('utf8', 0, whole).split('\n').filter(Boolean);
const done = new Set<string>(lines.map((line) => JSON.parse(line).id));
const effects = openSync(file, 'a');

const nats = await connect({
  servers: process.env.NATS_URL ?? 'nats://127.0.0.1:24222',
  authenticator: credsAuthenticator(readFileSync(credsFile)),
  inboxPrefix: `_INBOX.${partner}`,
  maxReconnectAttempts: -1,
  waitOnFirstConnect: true,
});
// Credentials that ended or were revoked: nothing to wait for.
void nats.closed().then((error) => {
  if (error) console.error(`NATS does not let ${partner} in any more: ${error.message}`);
  process.exit(error ? 1 : 0);
});
process.once('SIGTERM', () => void nats.drain());

const consumer = await jetstream(nats, { domain: 'jonction' }).consumers.get(stream, durable);
// Few at a time: what a crash leaves unacknowledged comes again only after half a minute.
const messages = await consumer.consume({ max_messages: 10 });
console.log(`listening; ${done.size} events are known already`);
for await (const message of messages) {
  const header = (name: string) => message.headers?.get(name) ?? '';
  const id = header('ce-id');
  if (!done.has(id)) {
    const effect = { id, type: header('ce-type'), subject: header('ce-subject'), data: message.json<object>() };
    writeSync(effects, `${JSON.stringify(effect)}\n`);
    fsyncSync(effects);
    done.add(id);
    const type = effect.type.split('.').at(-1);
    console.log(`${type} of ${effect.subject}, event ${header('jonction-seq')} of it, at ${header('ce-time')}`);
  }
  message.ack(); // after the effect is on disk: before, a crash would lose it
}
