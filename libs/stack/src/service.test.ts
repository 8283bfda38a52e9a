import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from './ports.ts';
import { startService } from './service.ts';

// A project of its own with one service, whose health can be told to stay down.
const MAIN = `
import { Server, ServerCredentials } from '@grpc/grpc-js';
if (process.env.FAIL) throw new Error('the setting X is missing');
const asIs = (bytes: Buffer) => bytes;
const method = { path: '/grpc.health.v1.Health/Check', requestStream: false, responseStream: false,
  requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };
const server = new Server();
let asked = 0;
server.addService({ check: method }, { check: (_: unknown, done: Function) => done(null, Buffer.from([8, ++asked < 3 ? 2 : 1])) });
server.bindAsync('127.0.0.1:' + process.env.GRPC_PORT, ServerCredentials.createInsecure(), () => console.log('telemetry', globalThis.telemetry));
`;
let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'jonction-service-'));
  for (const folder of ['services/hello/src', 'node_modules/@jonction/service'])
    mkdirSync(join(root, folder), { recursive: true });
  symlinkSync(join(import.meta.dirname, '../../../node_modules/@grpc'), join(root, 'node_modules/@grpc'));
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(root, 'services/hello/src/main.ts'), MAIN);
  const telemetry = { name: '@jonction/service', exports: { './telemetry': './telemetry.mjs' } };
  writeFileSync(join(root, 'node_modules/@jonction/service/package.json'), JSON.stringify(telemetry));
  writeFileSync(join(root, 'node_modules/@jonction/service/telemetry.mjs'), 'globalThis.telemetry = true;');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function start(env: NodeJS.ProcessEnv = {}) {
  const GRPC_PORT = String(await freePort());
  return startService({ root, name: 'hello', env: { ...process.env, GRPC_PORT, ...env }, logFile: join(root, 'log') });
}

test('a service is started once it says that it serves, with its telemetry, and again after kill -9', async () => {
  const exits: unknown[] = [];
  const GRPC_PORT = String(await freePort());
  const env = { ...process.env, GRPC_PORT };
  const onExit = (exit: unknown) => exits.push(exit);
  await using service = await startService({ root, name: 'hello', env, logFile: join(root, 'log'), onExit });
  expect(service.address).toBe(`127.0.0.1:${GRPC_PORT}`);
  const first = service.pid;
  await service.kill9();
  expect(exits).toEqual([{ code: null, signal: 'SIGKILL' }]);
  await service.restart();
  expect(service.pid).not.toBe(first);
});

test('a service that ends at once is told with its last lines', async () => {
  await expect(start({ FAIL: 'yes' })).rejects.toThrow(
    /hello stopped \(code 1\) before it was ready.*the setting X is missing/s,
  );
});
