import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSettings, withSecrets, z } from './config.ts';

const shape = { APP_DATABASE_URL: z.url(), GRPC_PORT: z.coerce.number() };
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jonction-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a setting may lie in a file of its name, among those that Kubernetes keeps for itself', () => {
  mkdirSync(join(folder, '..2026'));
  writeFileSync(join(folder, '..2026', 'APP_DATABASE_URL'), 'postgresql://u:p@h/d\n');
  symlinkSync('..2026', join(folder, '..data'));
  symlinkSync('..data/APP_DATABASE_URL', join(folder, 'APP_DATABASE_URL'));
  expect(readSettings(shape, { SECRETS_DIR: folder, GRPC_PORT: '1' })).toEqual({
    APP_DATABASE_URL: 'postgresql://u:p@h/d',
    GRPC_PORT: 1,
  });
});

test('a setting given by a file and by the environment is refused, whichever was meant', () => {
  writeFileSync(join(folder, 'GRPC_PORT'), '1');
  expect(() => withSecrets({ SECRETS_DIR: folder, GRPC_PORT: '2' })).toThrow(/^GRPC_PORT: given by a file/);
});

test('a folder that is not there is told by the name of the setting, and what is in a file is not', () => {
  expect(() => withSecrets({ SECRETS_DIR: join(folder, 'absent') })).toThrow(/SECRETS_DIR: .*absent.*ENOENT/);
  writeFileSync(join(folder, 'GRPC_PORT'), 'hunter2');
  const read = () => readSettings(shape, { SECRETS_DIR: folder, APP_DATABASE_URL: 'postgresql://u:p@h/d' });
  expect(read).toThrow(/GRPC_PORT/);
  expect(read).not.toThrow(/hunter2/);
});

test('without a folder the environment is all there is', () => {
  expect(withSecrets({ GRPC_PORT: '1' })).toEqual({ GRPC_PORT: '1' });
});
