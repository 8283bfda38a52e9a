import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copyOver, differences, doorOf, exportedNames, generate, generatedFiles, stalePages } from './gen.ts';

const repository = resolve(import.meta.dirname, '..');
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gen-test-'));
  const folder = join(root, 'proto', 'jonction', 'bridges', 'v1');
  mkdirSync(folder, { recursive: true });
  for (const file of ['buf.yaml', 'buf.gen.yaml']) cpSync(join(repository, 'proto', file), join(root, 'proto', file));
  writeFileSync(
    join(folder, 'events.proto'),
    'syntax = "proto3";\npackage jonction.bridges.v1;\n// BridgeOpened: cars may cross.\nmessage BridgeOpened {\n  // The operator.\n  string operator = 1;\n}\n',
  );
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

test('a proto becomes a module, a door that opens on it, and descriptors', () => {
  generate(root, join(root, 'out'));
  expect(generatedFiles(join(root, 'out'))).toEqual(['descriptors.binpb', 'index.ts', 'jonction/bridges/v1/events.ts']);
  expect(readFileSync(join(root, 'out', 'index.ts'), 'utf8')).toContain(
    "export {\n  BridgeOpened,\n} from './jonction/bridges/v1/events.ts';",
  );
});

test('generating twice gives the same bytes', () => {
  generate(root, join(root, 'one'));
  generate(root, join(root, 'two'));
  expect(differences(join(root, 'one'), join(root, 'two'))).toEqual([]);
}, 30_000);

test('a proto that buf cannot read stops the generation', () => {
  writeFileSync(join(root, 'proto', 'jonction', 'bridges', 'v1', 'events.proto'), 'syntax = "proto3";\nmessage {');
  expect(() => generate(root, join(root, 'out'))).toThrow();
});

test('a file that is missing, changed by hand or left over is listed, and put right', () => {
  const fresh = join(root, 'fresh');
  const kept = join(root, 'kept');
  for (const folder of [fresh, kept]) mkdirSync(join(folder, 'a'), { recursive: true });
  writeFileSync(join(fresh, 'a', 'new.ts'), '1');
  writeFileSync(join(fresh, 'same.ts'), '1');
  writeFileSync(join(kept, 'same.ts'), '2');
  writeFileSync(join(kept, 'old.ts'), '1');
  writeFileSync(join(kept, 'ours.test.ts'), 'tests are written by hand');
  expect(differences(fresh, kept)).toEqual(['missing: a/new.ts', 'not generated any more: old.ts', 'differs: same.ts']);
  copyOver(fresh, kept);
  expect(differences(fresh, kept)).toEqual([]);
  expect(readFileSync(join(kept, 'ours.test.ts'), 'utf8')).toContain('by hand');
});

test('a page that is missing or changed by hand is listed, one that is right is not', () => {
  writeFileSync(join(root, 'right.md'), '# Right\n');
  writeFileSync(join(root, 'changed.md'), '# Changed by hand\n');
  const pages = new Map(['right.md', 'changed.md', 'missing.md'].map((path) => [path, '# Right\n']));
  expect(stalePages(root, pages)).toEqual(['changed.md', 'missing.md']);
});

test('what exists for the type checker alone is exported as a type', () => {
  const source = [
    'export const protobufPackage = "x";',
    'export interface Acte {}',
    'export const Acte: MessageFns<Acte> = {};',
    'export type Status = "A";',
    'export namespace Status {}',
    'export function statusToJSON() {}',
  ].join('\n');
  expect(exportedNames(source)).toEqual([
    { name: 'Acte', value: true },
    { name: 'Status', value: false },
    { name: 'statusToJSON', value: true },
  ]);
});

test('a name that two contexts declare carries its context, and a second version says so', () => {
  const names = ['ErrorReason', 'errorReasonToJSON'].map((name) => ({ name, value: true }));
  const door = doorOf([
    { path: 'jonction/dce_library/v1/a.ts', names },
    { path: 'jonction/membership/v1/a.ts', names: [...names, { name: 'Member', value: true }] },
    { path: 'jonction/membership/v2/a.ts', names: [{ name: 'Member', value: false }] },
  ]);
  expect(door).toContain('ErrorReason as DceLibraryErrorReason');
  expect(door).toContain('errorReasonToJSON as membershipErrorReasonToJSON');
  expect(door).toContain('  Member,\n');
  expect(door).toContain('type Member as MemberV2');
});
