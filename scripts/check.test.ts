import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { breaking, lineOf } from './check.ts';

let root: string;

const proto = (fields: string) =>
  `syntax = "proto3";\npackage jonction.bridges.v1;\n// BridgeOpened: cars may cross.\nmessage BridgeOpened {\n${fields}}\n`;
const operator = '  // The operator.\n  string operator = 1;\n';
const member = '  // The member.\n  string member_id = 2;\n';

function write(text: string): void {
  const folder = join(root, 'proto', 'jonction', 'bridges', 'v1');
  mkdirSync(folder, { recursive: true });
  cpSync(join(resolve(import.meta.dirname, '..'), 'proto', 'buf.yaml'), join(root, 'proto', 'buf.yaml'));
  writeFileSync(join(folder, 'events.proto'), text);
}

function git(...args: string[]): void {
  const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...author, ...args], { cwd: root, stdio: 'ignore' });
}

function commit(): void {
  git('add', '-A');
  git('commit', '--no-verify', '-m', 'protos');
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'check-test-'));
  git('init', '--initial-branch=main');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

test('without a commit to compare with, the comparison is skipped and says why', () => {
  write(proto(operator));
  expect(breaking(root)).toMatchObject({ ok: true, skipped: expect.stringContaining('no commit on main') });
});

test('a field more is no breaking change', () => {
  write(proto(operator));
  commit();
  write(proto(operator + member));
  expect(breaking(root)).toEqual({ ok: true, said: '' });
});

test('a field taken away is a breaking change, told with its place', () => {
  write(proto(operator + member));
  commit();
  write(proto(operator));
  const { ok, said } = breaking(root);
  expect(ok).toBe(false);
  expect(said).toMatch(/events\.proto:4:1:.*member_id/);
});

test('a change of type on a branch is compared with main', () => {
  write(proto(operator + member));
  commit();
  git('switch', '-c', 'work');
  write(proto(operator + member.replace('string', 'int32')));
  commit();
  expect(breaking(root).ok).toBe(false);
});

test('where there is an origin, its main is the one that counts', () => {
  write(proto(operator + member));
  commit();
  git('update-ref', 'refs/remotes/origin/main', 'HEAD');
  write(proto(operator));
  commit();
  expect(breaking(root).ok).toBe(false);
});

test('a step ends with one line that says what became of it and how long it took', () => {
  expect(lineOf('types', { ok: true, said: '' }, 0.42)).toBe('ok      types             0.4 s');
  expect(lineOf('types', { ok: false, said: 'x' }, 12)).toBe('FAILED  types            12.0 s');
  expect(lineOf('types', { ok: true, said: '', skipped: 'no main' }, 0)).toBe(
    'skipped types             0.0 s  no main',
  );
});
