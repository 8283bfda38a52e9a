import { createReadStream } from 'node:fs';
import { connect } from 'node:net';

/** What the antivirus says of a file. `silent` when it does not answer or cannot say: nothing leaves then. */
export type Scanned = 'clean' | 'infected' | 'silent';

const PATIENCE_MS = 60_000;

/**
 * Asks clamd, by its INSTREAM command, what it thinks of a file. `address` is `host:port`, or the path of a socket.
 * The file is sent in pieces, each after its length in four bytes; a length of zero ends it.
 */
export function scan(path: string, address: string): Promise<Scanned> {
  const [, host, port] = /^([^/]+):(\d+)$/.exec(address) ?? [];
  const socket = host ? connect(Number(port), host) : connect(address);
  let said = '';
  return new Promise((resolve) => {
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.setEncoding('latin1').on('data', (part) => {
      said += part;
    });
    socket.on('error', () => resolve('silent'));
    socket.on('close', () => resolve(verdictOf(said)));
    socket.on('connect', () => void send(path, socket).catch(() => socket.destroy()));
  });
}

async function send(path: string, socket: ReturnType<typeof connect>): Promise<void> {
  const write = (bytes: Uint8Array) =>
    new Promise<void>((done, fail) => socket.write(bytes, (error) => (error ? fail(error) : done())));
  await write(Buffer.from('zINSTREAM\0'));
  for await (const chunk of createReadStream(path)) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(chunk.length);
    await write(Buffer.concat([length, chunk]));
  }
  await write(Buffer.alloc(4));
}

function verdictOf(said: string): Scanned {
  if (/^stream: OK\0?$/.test(said)) return 'clean';
  return / FOUND\0?$/.test(said) ? 'infected' : 'silent';
}
