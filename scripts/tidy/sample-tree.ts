import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readTree, type Tree } from './tree.ts';

/** Files by path; `undefined` takes a file of the sample away. */
export type Files = Record<string, string | undefined>;

const bridges = 'services/bridges';

/** The smallest repository without a fault: one service with one RPC, one event, one handler. */
export const sample: Files = {
  '.gitignore': 'node_modules/\n*.log\n',
  'package.json': JSON.stringify({ scripts: { start: '', tidy: '' }, devDependencies: { pg: '8.23.1' } }),
  'README.md':
    '# Bridges\n\n- `services/`: code\n- `libs/`: shared\n- `proto/`: contracts\n- `docs/`: words\n\n[Names](docs/glossary.md#the-words). Run `npm start`.\n',
  'STYLE.md': '# Style\n',
  'docs/glossary.md': '# Glossary\n\n## The words\n\nSee `services/bridges/src/` and `services/<name>/src/`.\n',
  'docs/dependencies.md': '# Dependencies\n\n| What | Why |\n| --- | --- |\n| `pg` | PostgreSQL |\n',
  'proto/jonction/bridges/v1/bridges.proto':
    'service BridgeService {\n  // An rpc Fake(x) in a sentence.\n  rpc OpenBridge(A) returns (B);\n}\n',
  'proto/jonction/bridges/v1/events.proto':
    '// BridgeOpened: cars may cross.\nmessage BridgeOpened {\n  string operator = 1;\n  string member_id = 2;\n  string bridge_id = 3;\n}\n',
  'libs/norms/README.md': '# Norms\n',
  'libs/norms/src/index.ts': 'export const limit = 1;\n',
  [`${bridges}/README.md`]:
    '# Bridges\n\n## Owns\n\n## Is asked\n\n## Says\n\n## Hears\n\n## Rules\n\n## Run\n\n## Test\n',
  [`${bridges}/package.json`]: JSON.stringify({
    name: '@jonction/bridges',
    dependencies: { '@jonction/norms': '0.1.0' },
  }),
  [`${bridges}/src/main.ts`]: "import { limit } from '@jonction/norms';\nexport const start = () => limit;\n",
  [`${bridges}/src/config.ts`]: 'export const readConfig = () => process.env.PORT;\n',
  [`${bridges}/src/rpc.ts`]: '',
  [`${bridges}/src/subscriptions.ts`]: '',
  [`${bridges}/src/refusals.ts`]: '',
  [`${bridges}/src/jobs.ts`]:
    "import { closeBridge } from './commands/close-bridge.ts';\nexport const jobs = [closeBridge];\n",
  [`${bridges}/src/commands/open-bridge.ts`]: '',
  [`${bridges}/src/commands/close-bridge.ts`]: 'export function closeBridge() {}\n',
  [`${bridges}/src/handlers/on-bridge-opened.ts`]: '',
  [`${bridges}/src/domain/bridge.ts`]:
    "import { DomainError } from '@jonction/service';\nimport { type BridgeOpened } from '@jonction/contracts';\nimport { refuse } from '../refusals.ts';\nexport function open(now: Date): BridgeOpened { return { at: new Date(now) }; }\n",
  [`${bridges}/src/domain/bridge.test.ts`]:
    "import { expect, test } from 'vitest';\nimport { open } from './bridge.ts';\nconst opens = () => expect(open(new Date(0))).toBeDefined();\ntest('a bridge opens', () => { opens(); });\n",
};

/** The sample, changed by `files`, written to a folder of its own that goes away with `using`. */
export function sampleTree(files: Files = {}): Tree & Disposable {
  const root = mkdtempSync(join(tmpdir(), 'tidy-test-'));
  for (const [path, text] of Object.entries({ ...sample, ...files })) {
    if (text === undefined) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { ...readTree(root), [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}
