import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { act, archiveOf, DIRS, packed } from './sample.ts';

// The command as people and scripts call it: a process, its lines and its exit code. Each call starts npm and three Nodes.
vi.setConfig({ testTimeout: 120_000 });

const ROOT = join(import.meta.dirname, '../..');
let folder: string;
const GOOD = 'abc-EACT--000000018--20260312-1.tar.gz';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'actes-'));
  copyFileSync(join(DIRS.synthetic, 'actes', GOOD), join(folder, GOOD));
  const warned = await archiveOf([{ ...act, number: 'B' }], 2);
  const utf8 = warned.files.map((file) =>
    /_0\.xml$/.test(file.name)
      ? { ...file, bytes: Buffer.from(Buffer.from(file.bytes).toString('latin1').replace('ISO-8859-1', 'UTF-8')) }
      : file,
  );
  writeFileSync(join(folder, warned.name), await packed({ ...warned, files: utf8 }));
  writeFileSync(join(folder, 'empty.tar.gz'), '');
});

afterAll(() => rmSync(folder, { recursive: true }));

function actes(...args: string[]) {
  // As npm is called in another folder for this project; INIT_CWD would be that of the npm that runs the tests.
  const { INIT_CWD: _, NORMS_DIR, ...env } = process.env;
  const run = spawnSync('npm', ['--prefix', ROOT, 'run', '-s', 'actes', '--', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...env, ...(NORMS_DIR && { NORMS_DIR }) },
  });
  return { lines: run.stdout.split('\n').filter((line) => line !== ''), code: run.status, stderr: run.stderr };
}

const DAY = ['--today', '2026-03-12'];
const WARNED = 'abc-EACT--000000018--20260312-2.tar.gz';

test('one line of JSON a file, with the keys that are promised in their order, and exit code 0 when all are valid', () => {
  const { lines, code, stderr } = actes(
    'check',
    GOOD,
    ...DAY,
    '--authority',
    '000000018',
    '--classification',
    DIRS.classification,
  );
  expect([lines, code, stderr]).toEqual([[`{"file":"${GOOD}","verdict":"valide","reasons":[]}`], 0, '']);
});

test('a warning is exit code 1, a refusal 2, and the worst of all files counts', () => {
  const warned = actes('check', GOOD, WARNED, ...DAY);
  expect(warned.lines.map((line) => JSON.parse(line).verdict)).toEqual(['valide', 'avertissement']);
  expect(warned.code).toBe(1);
  const refused = actes('check', 'empty.tar.gz', WARNED, ...DAY);
  expect(refused.lines.map((line) => JSON.parse(line).verdict)).toEqual(['rejet', 'avertissement']);
  expect(refused.code).toBe(2);
  const [reason] = JSON.parse(refused.lines[0] ?? '').reasons;
  expect(Object.keys(reason)).toEqual(['code', 'where', 'message', 'fix']);
  expect(Object.values(reason).every((text) => typeof text === 'string' && text !== '')).toBe(true);
});

test('files are judged in order, so that the second of two is the double', () => {
  const { lines, code } = actes('check', GOOD, join(folder, GOOD), ...DAY);
  const [first, second] = lines.map((line) => JSON.parse(line));
  expect([first.verdict, second.verdict, code]).toEqual(['valide', 'rejet', 2]);
  expect(second).toMatchObject({ file: join(folder, GOOD), reasons: [{ code: 'DUPLICATE_ARCHIVE' }] });
});

test('a file that is missing, or is a folder, is refused like any other, and the next one is judged', () => {
  const { lines, code } = actes('check', 'nowhere.tar.gz', '.', GOOD, ...DAY);
  expect(lines.map((line) => JSON.parse(line).verdict)).toEqual(['rejet', 'rejet', 'valide']);
  expect(JSON.parse(lines[0] ?? '').reasons[0].code).toBe('FILE_UNREADABLE');
  expect(code).toBe(2);
});

test('the authority, the day and the classification that are given are compared', () => {
  const codes = (...args: string[]) =>
    JSON.parse(actes('check', GOOD, ...args).lines[0] ?? '').reasons.map((one: { code: string }) => one.code);
  expect(codes(...DAY, '--authority', '217500016')).toEqual(['AUTHORITY_DIFFERS']);
  expect(codes('--today', '2026-03-09')).toEqual(['DATE_FUTURE']);
  const other = join(DIRS.classification, '../RetourClassification-2017-12-08.xml');
  expect(codes(...DAY, '--classification', other)).toContain('CLASSIFICATION_OLD');
});

test('messages are in French, or in English when that is asked for', () => {
  const message = (...args: string[]) =>
    JSON.parse(actes('check', 'empty.tar.gz', ...args).lines[0] ?? '').reasons[0].message;
  expect(message()).toMatch(/^L'archive est vide/);
  expect(message('--lang', 'en')).toMatch(/^The archive is empty/);
});

test('a wrong argument is told on the error output, with exit code 2 and no line of JSON', () => {
  for (const [args, said] of [
    [['check'], /say what to check/],
    [['judge', GOOD], /say what to check/],
    [['check', GOOD, '--today', '2026-02-30'], /--today/],
    [['check', GOOD, '--authority', '123'], /--authority/],
    [['check', GOOD, '--lang', 'de'], /--lang/],
    [['check', GOOD, '--classification', 'nowhere.xml'], /--classification nowhere\.xml cannot be read/],
    [['check', GOOD, '--trust', 'nowhere.pem'], /--trust nowhere\.pem cannot be read/],
    [['check', GOOD, '--trust', GOOD], /--trust .* cannot be used/],
    [['check', GOOD, '--classification', GOOD], /is no RetourClassification/],
    [['check', GOOD, '--what'], /--what/],
  ] as const) {
    const { lines, code, stderr } = actes(...args);
    expect([lines, code], args.join(' ')).toEqual([[], 2]);
    expect(stderr).toMatch(said);
  }
});

test('an archive is not changed by being judged', () => {
  const before = readFileSync(join(folder, GOOD));
  actes('check', GOOD, ...DAY);
  expect(readFileSync(join(folder, GOOD)).equals(before)).toBe(true);
});
