import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Envelope, openLedger } from './ledger.ts';
import { openPrefecture, type Prefecture } from './prefecture.ts';

const HELP = `A simulated prefecture: it takes acts and answers later. Nothing of what it says has any value in law.

  node simulators/prefecture/src/main.ts --port <n> --data <folder> [options]

  --host <address>  where it listens; 127.0.0.1 when not given
  --delay-ms <n>    between an act and its answer; 2000 when not given
  --copies <n>      how many times each answer is written; 1 when not given
  --anomaly <code>  refuses every act with this code
  --hold-ms <n>     how long it keeps a sender waiting once the act is taken; 0 when not given
  --help            prints this

An act whose number ends in _ANO is refused, in _BIS answered twice, in _MUET never answered.
`;
const LARGEST = 160 * 1024 * 1024;

type Answer = { status: number; body?: object };

const number = (text: string, name: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be a number, not "${text}". --help says more.`);
  return Number(text);
};

function main(args: string[]): void {
  const text = { type: 'string', default: '' } as const;
  const options = {
    port: text,
    data: text,
    host: { ...text, default: '127.0.0.1' },
    'delay-ms': { ...text, default: '2000' },
    copies: { ...text, default: '1' },
    anomaly: text,
    'hold-ms': { ...text, default: '0' },
    help: { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ args, options });
  if (values.help) return void process.stdout.write(HELP);
  if (!values.data) throw new Error('--data must name a folder. --help says more.');
  const port = number(values.port, 'port');
  const holdMs = number(values['hold-ms'], 'hold-ms');
  const ledger = openLedger(values.data);
  const prefecture = openPrefecture(ledger, {
    delayMs: number(values['delay-ms'], 'delay-ms'),
    copies: number(values.copies, 'copies'),
    anomaly: values.anomaly,
  });
  const server = createServer((request, response) => {
    serve(prefecture, request, holdMs).then(
      (answer) => reply(response, answer),
      (error: Error) => reply(response, { status: 400, body: { error: error.message } }),
    );
  });
  const { host } = values;
  server.listen(port, host, () => console.log(`A simulated prefecture answers on http://${host}:${port}`));
  const stop = () => {
    prefecture[Symbol.dispose]();
    server.close(() => ledger[Symbol.dispose]());
    server.closeAllConnections();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

async function serve(prefecture: Prefecture, request: IncomingMessage, holdMs: number): Promise<Answer> {
  const { pathname } = new URL(request.url ?? '/', 'http://simulator');
  const [, place = '', mailbox = '', messageId = ''] = pathname.split('/').map(decodeURIComponent);
  const asked = `${request.method} ${place}`;
  if (asked === 'GET ') return { status: 200, body: { simulated: true, says: 'A simulated prefecture.' } };
  if (asked === 'POST envelopes') {
    prefecture.take(await receive(request));
    if (holdMs > 0) await pause(holdMs, undefined, { ref: false });
    return { status: 200, body: { simulated: true } };
  }
  if (asked === 'GET mailboxes') return { status: 200, body: { messages: prefecture.mailbox(mailbox) } };
  if (asked === 'POST mailboxes') return { status: 201, body: prefecture.write(mailbox, await textOf(request)) };
  if (asked === 'DELETE mailboxes') {
    prefecture.remove(messageId);
    return { status: 204 };
  }
  return { status: 404, body: { error: `there is no ${request.method} ${pathname}` } };
}

/** The envelope whose document came whole: what was cut on the way is not taken. */
async function receive(request: IncomingMessage): Promise<Envelope> {
  const header = String(request.headers['x-envelope'] ?? '');
  const envelope = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as Envelope;
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST) throw new Error(`the document has more than ${LARGEST} bytes`);
    hash.update(chunk);
  }
  if (size !== envelope.size || hash.digest('hex') !== envelope.sha256)
    throw new Error('the document is not the one that the envelope names: send it again');
  return envelope;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function reply(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body ? JSON.stringify(body) : undefined);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}
