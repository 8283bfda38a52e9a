import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Parser } from '@asyncapi/parser';
import * as contracts from '@jonction/contracts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { asyncApiOf } from './asyncapi.ts';
import { toldOf } from './documents.ts';
import { eventsPage } from './events-page.ts';
import { exampleOf, withoutExample } from './example.ts';
import { eventsOf, type Shape } from './protos.ts';

const repository = resolve(import.meta.dirname, '../..');
const buf = join(repository, 'node_modules', '.bin', 'buf');
const ours = eventsOf(repository, buf);

/** The events of a proto of our own. */
function eventsIn(text: string): Shape[] {
  const root = mkdtempSync(join(tmpdir(), 'events-page-'));
  try {
    mkdirSync(join(root, 'proto/jonction/bridges/v1'), { recursive: true });
    writeFileSync(join(root, 'proto/buf.yaml'), 'version: v2\nmodules:\n  - path: .\n');
    writeFileSync(join(root, 'proto/jonction/bridges/v1/events.proto'), text);
    return eventsOf(root, buf);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const BRIDGES = `syntax = "proto3";
package jonction.bridges.v1;
import "google/protobuf/timestamp.proto";
// What it is made of.
enum Material {
  // Never sent.
  MATERIAL_UNSPECIFIED = 0;
  // Stone of the | country.
  MATERIAL_STONE = 1;
}
// BridgeOpened: cars may
// cross.
message BridgeOpened {
  // The operator.
  string operator = 1;
  // The member.
  string member_id = 2;
  // The bridge.
  string bridge_id = 3;
  // One pier, within its bridge.
  message Pier {
    // How tall, such as \`12 m\`.
    string height = 1;
  }
  // Its piers.
  repeated Pier piers = 4;
  // What it is made of.
  Material material = 5;
  // What it carries at most, in cents.
  int64 toll = 6;
  // Since when.
  google.protobuf.Timestamp opened_at = 7;
  // Until when, at least.
  google.protobuf.Timestamp guarantee = 8;
  // The day it was painted; empty while it is not.
  string painted_on = 9;
  // Its name.
  string name = 10;
}
`;

/** What the parser of AsyncAPI finds wrong: errors and warnings. */
async function faultsIn(document: string): Promise<string[]> {
  const diagnostics = await new Parser().validate(document);
  return diagnostics
    .filter(({ severity }) => severity <= 1)
    .map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('the AsyncAPI document has no fault for the parser of AsyncAPI, and holds every event', async () => {
  const text = readFileSync(join(repository, 'docs/asyncapi.yaml'), 'utf8');
  expect(await faultsIn(text)).toEqual([]);
  const { document } = await new Parser().parse(text);
  const names = document
    ?.allMessages()
    .all()
    .map((message) => message.name());
  expect(names?.sort()).toEqual(ours.map(({ type }) => type).sort());
  expect(
    document
      ?.operations()
      .all()
      .every((operation) => operation.isSend()),
  ).toBe(true);
});

const slips: [string, RegExp][] = [
  ['an operation on no channel', /(?<=operations:\n.*\n.*\n.*\n\s+\$ref: "#\/channels\/)\w+/],
  ['a parameter that the subject has not', /(?<=address: .*)\{operator\}/],
  ['a message that is not told', /(?<=components:\n {2}messages:\n {4})\w+/],
];

test.each(slips)('%s would be a fault', async (_title, place) => {
  const text = readFileSync(join(repository, 'docs/asyncapi.yaml'), 'utf8');
  expect(text).toMatch(place);
  expect(await faultsIn(text.replace(place, 'other'))).not.toEqual([]);
});

test('each example in the document fits the schema beside it, and would not without its operator', async () => {
  const { document } = await new Parser().parse(readFileSync(join(repository, 'docs/asyncapi.yaml'), 'utf8'));
  for (const message of document?.allMessages().all() ?? []) {
    const [body, head] = [message.payload(), message.headers()].map((schema) =>
      z.fromJSONSchema(schema?.json() as never),
    );
    const [example] = message.examples().all();
    const { operator, ...others } = (example?.payload() ?? {}) as Record<string, unknown>;
    expect(body?.safeParse({ operator, ...others }), message.name()).toMatchObject({ success: true });
    expect(head?.safeParse(example?.headers()), message.name()).toMatchObject({ success: true });
    expect(body?.safeParse(others), message.name()).toMatchObject({ success: false });
    expect(body?.safeParse({ operator: 1, ...others }), message.name()).toMatchObject({ success: false });
  }
});

test.each(ours.map((event) => [event.type, event] as const))(
  'the example of %s is what its service would send',
  (name, event) => {
    const type = Object.values(contracts).find((one) => (one as { $type?: string }).$type === name) as unknown as {
      fromJSON(body: unknown): unknown;
      toJSON(message: unknown): unknown;
    };
    const body = exampleOf(event);
    expect(type.toJSON(type.fromJSON(body))).toEqual(body);
  },
);

test('no text of our events is left without an example', () => {
  expect(ours.flatMap((event) => withoutExample(event).map((path) => `${event.type}.${path}`))).toEqual([]);
});

test('a body is made of what names, types and sentences say', () => {
  const [event] = eventsIn(BRIDGES);
  expect(event && exampleOf(event)).toEqual({
    operator: 'bfc',
    memberId: expect.stringMatching(/^[\da-f-]{36}$/),
    bridgeId: expect.stringMatching(/^[\da-f-]{36}$/),
    piers: [{ height: '12 m' }],
    material: 'MATERIAL_STONE',
    toll: '1250000',
    openedAt: '2026-03-02T09:00:00.000Z',
    guarantee: '2026-04-01T09:00:00.000Z',
    name: '…',
  });
  expect(event && withoutExample(event)).toEqual(['name']);
});

test('the page tells each event: its sentence, who says and hears it, its subject, its fields with units, its values', () => {
  const told = toldOf(eventsIn(BRIDGES), new Map([['jonction.bridges.v1.BridgeOpened', ['roads', 'dce-library']]]), [
    'bridges',
  ]);
  const page = eventsPage(told);
  expect(page).toContain('| [BridgeOpened](#bridgeopened) | Cars may cross. | bridges | dce-library, roads |');
  expect(page).toContain('Cars may cross. Said by **bridges**, heard by **dce-library**, **roads**.');
  expect(page).toContain('Subject: `evt.bridges.v1.BridgeOpened.<operator>.<member>`');
  expect(page).toContain('| `piers[].height` | text | How tall, such as `12 m`. |  |');
  expect(page).toContain('| `toll` | whole number, as a text | What it carries at most, in cents. | cents |');
  expect(page).toContain('| `openedAt` | time | Since when. | RFC 3339, UTC |');
  expect(page).toContain('| `MATERIAL_STONE` | Stone of the \\| country. |');
  expect(page).not.toContain('MATERIAL_UNSPECIFIED');
  expect(page).toContain('ce-type: jonction.bridges.v1.BridgeOpened');
});

test('an event that nobody says or hears yet is told so, and is a valid document', async () => {
  const told = toldOf(eventsIn(BRIDGES), new Map(), []);
  expect(eventsPage(told)).toContain('Said by nobody yet, heard by no service yet.');
  expect(await faultsIn(JSON.stringify(asyncApiOf(told, '0.1.0')))).toEqual([]);
});
