import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@jonction/stack';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTree } from '../scripts/tidy/tree.ts';
import { faultsOf } from '../scripts/tidy.ts';
import { type Block, blocksOf, copyOf, type Ended, run, write } from './guide.ts';

type Part = Extract<Block, { path: string }>;
const blocks = blocksOf(readFileSync(join(ROOT, 'docs/add-a-service.md'), 'utf8'));
const parts = blocks.filter((block): block is Part => 'path' in block);
/** What the commands of the guide said, in order. */
const followed: (Ended & { command: string })[] = [];
let copy: ReturnType<typeof copyOf>;

beforeAll(async () => {
  copy = copyOf(ROOT);
  for (const block of blocks) {
    if ('path' in block) write(copy.root, block);
    else for (const command of block.commands) followed.push({ command, ...(await run(copy.root, command)) });
  }
});
afterAll(() => copy[Symbol.dispose]());

test('who follows the guide to add a service has one that check and its own tests accept', () => {
  expect(followed.map(({ command }) => command)).toContain('npm test -- incidents');
  for (const { command, code, said } of followed) expect(code, `${command}\n${said}`).toBe(0);
  const page = readFileSync(join(copy.root, 'docs/events.md'), 'utf8');
  expect(page).toMatch(/\[IncidentDeclared\].*\| incidents +\| no service yet/);
  expect(page).toMatch(/\[MemberAdmitted\].*incidents/);
  const { packages } = JSON.parse(readFileSync(join(copy.root, 'package-lock.json'), 'utf8'));
  expect(packages['node_modules/@jonction/incidents']).toEqual({ resolved: 'services/incidents', link: true });
});

/** The sources that the guide leaves alone: that they are well is seen once, not for each file. */
const ELSEWHERE = /^(?!services\/(incidents|membership)\/).*\.(ts|mjs)$/;
const TYPES = {
  extends: './tsconfig.json',
  // What did not change is not looked at again.
  compilerOptions: { incremental: true, tsBuildInfoFile: 'node_modules/.part.tsbuildinfo' },
  include: ['services/incidents', 'libs/testing', 'e2e/incidents.e2e.test.ts'],
};

/** Who notices that a file of the guide is missing: tidy, the types, what is generated, or nobody. */
async function noticed(): Promise<string> {
  const tree = readTree(copy.root);
  const files = tree.files.filter((path) => !ELSEWHERE.test(path));
  if (faultsOf({ ...tree, files }).length > 0) return 'tidy';
  writeFileSync(join(copy.root, 'tsconfig.part.json'), JSON.stringify(TYPES));
  if ((await run(copy.root, 'node_modules/.bin/tsc --noEmit -p tsconfig.part.json')).code !== 0) return 'types';
  return (await run(copy.root, 'npm run gen -- --check')).code === 0 ? 'nobody' : 'generated';
}

/** Works on the copy as if one part of the guide had been left out. */
async function without<T>({ path, after, text }: Part, work: () => Promise<T>): Promise<T> {
  const file = join(copy.root, path);
  const whole = readFileSync(file, 'utf8');
  if (after === undefined) rmSync(file);
  else writeFileSync(file, whole.replace(text.trim(), ''));
  return work().finally(() => writeFileSync(file, whole));
}

test('each file of the guide is needed: check notices the one that is left out', async () => {
  expect(await noticed()).toBe('nobody');
  const needed = parts.filter(({ path }) => !/\.(test\.ts|sql)$/.test(path));
  expect(needed.length).toBeGreaterThan(12);
  for (const part of needed) expect(await without(part, noticed), part.path).not.toBe('nobody');
});

test('without its tables the tests of the service fail', async () => {
  const [tables] = parts.filter(({ path }) => path.endsWith('.sql'));
  expect(await without(tables as Part, () => run(copy.root, 'npm test -- services/incidents -t what'))).toMatchObject({
    code: 1,
    said: expect.stringContaining('TableNotFoundException'),
  });
});
