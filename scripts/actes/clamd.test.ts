import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scan } from './clamd.ts';

// A clamd that listens on a port and speaks the INSTREAM command as its manual has it. It is a stand-in: the one signature that
// it knows is a word of ours.
let folder: string;
let server: Server;
let address: string;
const SIGNATURE = 'MALWARE-OF-THIS-TEST';
const MOST = 1024 * 1024;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clamd-'));
  server = createServer((socket) => void serve(socket).catch(() => socket.destroy())).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const told = server.address();
  address = `127.0.0.1:${typeof told === 'object' ? told?.port : ''}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function serve(socket: Socket): Promise<void> {
  let bytes: Buffer = Buffer.alloc(0);
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk]);
    const said = answerTo(bytes);
    if (said) return void socket.end(`${said}\0`);
  }
}

function answerTo(bytes: Buffer): string | undefined {
  if (!bytes.subarray(0, 10).equals(Buffer.from('zINSTREAM\0')))
    return bytes.length < 10 ? undefined : 'UNKNOWN COMMAND';
  const content: Buffer[] = [];
  for (let at = 10; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (at - 10 > MOST) return 'INSTREAM size limit exceeded. ERROR';
    if (length === 0) return Buffer.concat(content).includes(SIGNATURE) ? 'stream: Test.Signature FOUND' : 'stream: OK';
    content.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return undefined;
}

function file(content: string | Buffer): string {
  const path = join(folder, 'file');
  writeFileSync(path, content);
  return path;
}

test('a clean file is clean, one with malware is infected, wherever it hides in the file', async () => {
  expect(await scan(file('an act'), address)).toBe('clean');
  expect(await scan(file(Buffer.alloc(0)), address)).toBe('clean');
  expect(await scan(file(`${'x'.repeat(200_000)}${SIGNATURE}`), address)).toBe('infected');
});

test('an antivirus that cannot say, or is not there, is silent: it never passes for clean', async () => {
  expect(await scan(file(Buffer.alloc(2 * MOST)), address)).toBe('silent');
  expect(await scan(file('an act'), '127.0.0.1:9')).toBe('silent');
  expect(await scan(file('an act'), join(folder, 'no.socket'))).toBe('silent');
  expect(await scan(join(folder, 'no file'), address)).toBe('silent');
});
