import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { type Files, sample, sampleTree } from './tidy/sample-tree.ts';
import { faultsOf, lineFor } from './tidy.ts';

const src = 'services/bridges/src';
const domain = `${src}/domain/bridge.ts`;
const itsTest = `${src}/domain/bridge.test.ts`;
const body = (lines: number) => 'x;\n'.repeat(lines);

/** What the sample with these files is told, as `path:line rule`. */
function told(files: Files): string[] {
  using tree = sampleTree(files);
  return faultsOf(tree).map(({ path, line, rule }) => `${path}:${line} ${rule}`);
}

/** A test file of the sample with this in one of its tests. */
function inTest(text: string): Files {
  return { [itsTest]: `import { expect, test, vi } from 'vitest';\n${text}\n` };
}

test('a repository that keeps the rules has no fault', () => {
  expect(told({})).toEqual([]);
});

// Each row is one fault put into the sample: what it is, the files that make it, and all that tidy says of them.
const faults: [string, Files, string[]][] = [
  ['a source that cannot be read', { [`${src}/rpc.ts`]: 'export const = 1;' }, [`${src}/rpc.ts:1 syntax`]],
  ['a file of its own taste under src/', { [`${src}/bus.ts`]: '' }, [`${src}/bus.ts:1 service-layout`]],
  ['a folder of its own taste under src/', { [`${src}/bus/a.ts`]: '' }, [`${src}/bus:1 service-layout`]],
  ['a service without refusals.ts', { [`${src}/refusals.ts`]: undefined }, [`${src}/refusals.ts:1 service-layout`]],
  [
    'a README of a service that does not say what it hears',
    { 'services/bridges/README.md': String(sample['services/bridges/README.md']).replace('## Hears\n', '') },
    ['services/bridges/README.md:1 service-readme'],
  ],
  [
    'an RPC without its file',
    { [`${src}/commands/open-bridge.ts`]: undefined },
    ['proto/jonction/bridges/v1/bridges.proto:3 rpc-file'],
  ],
  [
    'an RPC with two files',
    { [`${src}/queries/open-bridge.ts`]: '' },
    ['proto/jonction/bridges/v1/bridges.proto:3 rpc-file'],
  ],
  [
    'a command that neither an RPC nor a job asks for',
    { [`${src}/jobs.ts`]: 'export const jobs = [];\n' },
    [`${src}/commands/close-bridge.ts:1 rpc-file`],
  ],
  [
    'a handler named after no event',
    { [`${src}/handlers/on-bridge-shut.ts`]: '' },
    [`${src}/handlers/on-bridge-shut.ts:1 handler-name`],
  ],
  [
    'an event that does not say whose it is',
    {
      'proto/jonction/bridges/v1/events.proto':
        'message BridgeOpened {\n  string bridge_id = 1;\n  string member_id = 2;\n  string operator = 3;\n}\n',
    },
    ['proto/jonction/bridges/v1/events.proto:1 event-fields'],
  ],
  [
    'a service that no manifest deploys',
    { 'deploy/k8s/base/kustomization.yaml': 'resources:\n  - bridges.yaml\n', ...readme('deploy') },
    ['deploy/k8s/base/bridges.yaml:1 manifest'],
  ],
  [
    'a manifest that kustomize does not know',
    { 'deploy/k8s/base/kustomization.yaml': '', 'deploy/k8s/base/bridges.yaml': '', ...readme('deploy') },
    ['deploy/k8s/base/kustomization.yaml:1 manifest'],
  ],
  [
    'a right that no role gives',
    {
      [`${src}/rpc.ts`]: "\nexport const a = [query('x', 'bridges.read', x), command('y', 'bridges.open', y)];\n",
      ...withoutFaults('services/membership'),
      'services/membership/src/domain/roles.ts': "export const roles = ['bridges.read'];\n",
    },
    [`${src}/rpc.ts:2 right-given`],
  ],
  ['a rule that knows a library', { [domain]: "import pg from 'pg';" }, [`${domain}:1 domain-imports`]],
  ['a rule that knows the tables', { [domain]: "import '../db/tables.ts';" }, [`${domain}:1 domain-imports`]],
  [
    'a rule that takes more of libs/service than the refusal',
    { [domain]: "import { log } from '@jonction/service';" },
    [`${domain}:1 domain-imports`],
  ],
  ['a rule that reads the clock', { [domain]: 'export const at = () => new Date();' }, [`${domain}:1 domain-clock`]],
  ['a rule that asks for the time', { [domain]: 'export const at = () => Date.now();' }, [`${domain}:1 domain-clock`]],
  ['a rule that draws at random', { [domain]: 'export const x = Math.random();' }, [`${domain}:1 domain-clock`]],
  [
    'a setting read outside config.ts',
    { [`${src}/main.ts`]: '\nexport const port = process.env.PORT;' },
    [`${src}/main.ts:2 environment`],
  ],
  [
    'a setting read by another way',
    { [`${src}/main.ts`]: "import { env } from 'node:process';\nexport const port = env;" },
    [`${src}/main.ts:1 environment`],
  ],
  [
    'a subject written by hand',
    { [`${src}/main.ts`]: "export const all = 'evt.bridges.>';" },
    [`${src}/main.ts:1 subject-string`],
  ],
  [
    'a subject written by hand as a template',
    { [`${src}/main.ts`]: `export const of = (x: string) => \`evt.bridges.\${x}\`;` },
    [`${src}/main.ts:1 subject-string`],
  ],
  [
    'a message published beside the outbox',
    { [`${src}/main.ts`]: "import { connect } from '@nats-io/transport-node';\n(await connect()).publish('a');" },
    [`${src}/main.ts:2 raw-publish`],
  ],
  [
    'a service that imports another',
    { [`${src}/main.ts`]: "import '@jonction/roads';", ...withoutFaults('services/roads') },
    [`${src}/main.ts:1 border`],
  ],
  [
    'a path that leaves its package',
    { [`${src}/main.ts`]: "import '../../../libs/norms/src/index.ts';" },
    [`${src}/main.ts:1 border`],
  ],
  [
    'a test that sleeps',
    inTest("test('a', async () => { await sleep(5); expect(1).toBe(1); });"),
    [`${itsTest}:2 test-sleep`],
  ],
  [
    'a test that waits a fixed time',
    inTest("test('a', async () => { await new Promise((r) => setTimeout(r, 100)); expect(1).toBe(1); });"),
    [`${itsTest}:2 test-sleep`],
  ],
  [
    'a test that waits a fixed time under another name',
    {
      [`${src}/rpc.test.ts`]:
        "import { setTimeout as pause } from 'node:timers/promises';\ntest('a', async () => { await pause(100); expect(1).toBe(1); });",
    },
    [`${src}/rpc.test.ts:2 test-sleep`],
  ],
  ['a test that replaces a module', inTest("vi.mock('./bridge.ts');"), [`${itsTest}:2 test-patch`]],
  ['a test that expects nothing', inTest("test('a', () => { Math.abs(1); });"), [`${itsTest}:2 test-expect`]],
  ['a table of tests that expects nothing', inTest("test.each([1])('a', () => {});"), [`${itsTest}:2 test-expect`]],
  ['a test left out', inTest("test.skip('a', () => { expect(1).toBe(1); });"), [`${itsTest}:2 test-skipped`]],
  ['a group of tests run alone', inTest("describe.only('a', () => {});"), [`${itsTest}:2 test-skipped`]],
  [
    'a function of more than 70 lines',
    { [`${src}/main.ts`]: `export function f() {\n${body(69)}}\n` },
    [`${src}/main.ts:1 function-size`],
  ],
  [
    'a function of five arguments',
    { [`${src}/main.ts`]: '\nexport const f = (a, b, c, d, e) => a;\n' },
    [`${src}/main.ts:2 parameters`],
  ],
  ['a source of more than 300 lines', { [`${src}/main.ts`]: body(301) }, [`${src}/main.ts:301 file-size`]],
  ['a test file of more than 500 lines', inTest(body(500)), [`${itsTest}:501 file-size`]],
  ['a proto of more than 400 lines', { 'proto/a.proto': '\n'.repeat(401) }, ['proto/a.proto:401 file-size']],
  ['a long STYLE.md', { 'STYLE.md': `# Style\n${'\n'.repeat(200)}` }, ['STYLE.md:201 file-size']],
  [
    'a long README of a service',
    { 'services/bridges/README.md': `${sample['services/bridges/README.md']}${'\n'.repeat(30)}` },
    ['services/bridges/README.md:41 file-size'],
  ],
  [
    'a lib of more than 1,000 lines of code',
    Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`libs/norms/src/${name}.ts`, body(290)])),
    ['libs/norms:1 lib-budget'],
  ],
  ['a ninth lib', ninthLib(), ['libs:1 lib-budget']],
  [
    'a lib that does not say what it is for',
    { 'libs/norms/README.md': undefined },
    ['libs/norms/README.md:1 lib-readme'],
  ],
  ['a name that fits anything', { [`${src}/domain/utils.ts`]: '' }, [`${src}/domain/utils.ts:1 vague-name`]],
  ['a folder that fits anything', { 'libs/norms/src/common/a.ts': '' }, ['libs/norms/src/common/a.ts:1 vague-name']],
  ['a path with an accent', { 'docs/d\u00e9cision.txt': '' }, ['docs/d\u00e9cision.txt:1 ascii-path']],
  ['a default export', { [`${src}/rpc.ts`]: '\nexport default 1;' }, [`${src}/rpc.ts:2 default-export`]],
  ['an index inside a service', { [`${src}/db/index.ts`]: '' }, [`${src}/db/index.ts:1 index-file`]],
  ['an index deep inside a norm', { 'libs/norms/src/x/y/index.ts': '' }, ['libs/norms/src/x/y/index.ts:1 index-file']],
  [
    'a version that is a range',
    { 'package.json': String(sample['package.json']).replace('8.23.1', '^8.23.1') },
    ['package.json:1 exact-version'],
  ],
  ['a page with two titles', { 'docs/a.md': '# A\n\n# B\n' }, ['docs/a.md:3 one-title']],
  ['a page without a title', { 'docs/a.md': 'A\n\n```sh\n# a comment\n```\n' }, ['docs/a.md:1 one-title']],
  ['a link to nothing', { 'docs/a.md': '# A\n[b](b.md)\n' }, ['docs/a.md:2 dead-reference']],
  ['a link to no heading', { 'docs/a.md': '# A\n[b](glossary.md#none)\n' }, ['docs/a.md:2 dead-reference']],
  ['a path to nothing', { 'docs/a.md': '# A\n`services/none/src/`\n' }, ['docs/a.md:2 dead-reference']],
  ['a command that does not exist', { 'docs/a.md': '# A\n\n```sh\nnpm run fly\n```\n' }, ['docs/a.md:4 dead-command']],
  ['a root folder that the README does not tell', { 'deploy/a.yaml': '' }, ['README.md:1 root-folder']],
  [
    'a root folder told twice',
    { 'README.md': `${sample['README.md']}\n\`libs/\` again\n` },
    ['README.md:1 root-folder'],
  ],
  [
    'a dependency without a reason',
    { 'package.json': String(sample['package.json']).replace('"pg":', '"pino":"10.4.0","pg":') },
    ['package.json:1 dependency-line'],
  ],
  [
    'a reason without a dependency',
    { 'docs/dependencies.md': `${sample['docs/dependencies.md']}| \`left-pad\` | |\n` },
    ['docs/dependencies.md:6 dependency-line'],
  ],
];

test.each(faults)('tidy tells of %s, and of nothing else', (_title, files, expected) => {
  expect(told(files)).toEqual(expected);
});

const allowed: [string, Files][] = [
  ['a test beside a list', { [`${src}/rpc.test.ts`]: '', [`${src}/rpc.db.test.ts`]: '' }],
  ['a clock read by a command', { [`${src}/commands/open-bridge.ts`]: 'export const at = () => Date.now();' }],
  ['the publish() of a consultation', { [`${src}/commands/open-bridge.ts`]: 'consultation.publish(now);' }],
  [
    'a bench that takes its floor raw',
    { 'bench/a.ts': "import '@nats-io/jetstream';\njs.publish('a');", ...readme('bench') },
  ],
  [
    'a poll of 20 ms in a test',
    inTest("test('a', async () => { await new Promise((r) => setTimeout(r, 20)); expect(1).toBe(1); });"),
  ],
  [
    'a property checked by fast-check',
    inTest("test('a', () => { fc.assert(fc.property(fc.nat(), (n) => n >= 0)); });"),
  ],
  ['a group of tests longer than a function', inTest(`describe('a', () => {\n${body(80)}});`)],
  ['the base of kustomize', { 'deploy/k8s/base/a.yaml': '', ...readme('deploy') }],
  ['what lies in node_modules', { 'node_modules/a/utils.ts': 'export default process.env;' }],
  ['a path in a block of code', { 'docs/a.md': '# A\n\n```sh\ncat services/none/a.ts\n```\n' }],
  ['a link out of the repository', { 'docs/a.md': '# A\n[b](https://example.org/b.md)\n' }],
];

test.each(allowed)('%s is no fault', (_title, files) => {
  expect(told(files)).toEqual([]);
});

test('a fault is told with its place, its rule, why, and what to do', () => {
  using tree = sampleTree({ [domain]: "import 'pg';" });
  const [fault] = faultsOf(tree);
  expect(fault && lineFor(fault)).toMatch(
    /^services\/bridges\/src\/domain\/bridge\.ts:1 domain-imports: .*imports pg\. To do: .+\.$/,
  );
});

test('--longest prints ten files and ten functions, and --json a list that a program reads', () => {
  const run = (flag: string) => {
    const script = resolve(import.meta.dirname, 'tidy.ts');
    return spawnSync(process.execPath, [script, flag], { encoding: 'utf8' }).stdout;
  };
  expect(run('--longest').trim().split('\n')).toHaveLength(22);
  expect(Array.isArray(JSON.parse(run('--json')))).toBe(true);
});

/** A copy of the sample's service under another folder, with no RPC of its own to answer. */
function withoutFaults(folder: string): Files {
  const kept = Object.entries(sample).filter(
    ([path]) => path.startsWith('services/bridges/') && !/commands|jobs/.test(path),
  );
  return Object.fromEntries(kept.map(([path, text]) => [path.replace('services/bridges', folder), text]));
}

function readme(folder: string): Files {
  return { 'README.md': `${sample['README.md']}\n- \`${folder}/\`: more\n` };
}

function ninthLib(): Files {
  return Object.fromEntries([2, 3, 4, 5, 6, 7, 8, 9].map((n) => [`libs/lib${n}/README.md`, '# Lib\n']));
}
