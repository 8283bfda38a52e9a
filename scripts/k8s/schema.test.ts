import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { judgeIn, schema } from './schema.ts';
import type { Thing } from './things.ts';

// A small API server of our own: one kind, and a custom one. The real document is held against the overlays by k8s:check.
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const text = { type: 'string' };
const server = {
  definitions: {
    [meta]: { type: 'object', properties: { name: text, labels: { type: 'object', additionalProperties: text } } },
    Quantity: { type: 'string', description: 'Quantity is a fixed-point representation of a number.' },
    Lamp: {
      type: 'object',
      required: ['spec'],
      properties: {
        apiVersion: text,
        kind: text,
        metadata: { $ref: `#/definitions/${meta}` },
        spec: {
          type: 'object',
          properties: {
            port: { type: 'string', format: 'int-or-string' },
            light: { $ref: '#/definitions/Quantity' },
            format: text,
            count: { type: 'integer', format: 'int32' },
          },
        },
      },
      'x-kubernetes-group-version-kind': [{ group: 'home', version: 'v1', kind: 'Lamp' }],
    },
  },
};
const crd = (kind: string) => ({
  spec: {
    group: 'postgresql.cnpg.io',
    names: { kind },
    versions: [
      {
        name: 'v1',
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              apiVersion: text,
              kind: text,
              metadata: { type: 'object' },
              spec: { type: 'object', properties: { mode: { enum: ['any', 'first'] } } },
            },
          },
        },
      },
    ],
  },
});

const folder = mkdtempSync(join(tmpdir(), 'jonction-schema-'));
writeFileSync(join(folder, 'openapi-v2-1.36.json'), JSON.stringify(server));
for (const [file, kind] of Object.entries({ clusters: 'Cluster', scheduledbackups: 'S', backups: 'B', poolers: 'P' }))
  writeFileSync(join(folder, `postgresql.cnpg.io_${file}.yaml`), stringify(crd(kind)));
afterAll(() => rmSync(folder, { recursive: true }));

const judge = judgeIn(folder);
const told = (thing: object): string[] =>
  schema({ name: 'dev', things: [{ metadata: { name: 'one' }, ...thing } as Thing] }, judge ?? (() => undefined)).map(
    ({ why }) => why,
  );
const lamp = (spec: object, more: object = {}) => told({ apiVersion: 'home/v1', kind: 'Lamp', spec, ...more });
const cluster = (spec: object, more: object = {}) =>
  told({ apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster', spec, ...more });

test('an object that the server takes has no fault: numbers may stand where it reads both', () => {
  expect(lamp({ port: 80, light: 1, format: 'round', count: 2 })).toEqual([]);
  expect(lamp({ port: 'http', light: '1Gi' }, { metadata: { name: 'one', labels: { any: 'x' } } })).toEqual([]);
  expect(cluster({ mode: 'any' })).toEqual([]);
});

test('a field that the server does not know is refused, however deep, and in custom resources too', () => {
  expect(lamp({ prot: 80 })).toEqual(['/spec/prot is a field that the API server does not know']);
  expect(lamp({}, { spce: 1 })).toEqual(['/spce is a field that the API server does not know']);
  expect(lamp({}, { metadata: { name: 'one', label: {} } })).toEqual([expect.stringContaining('/metadata/label ')]);
  expect(cluster({ modus: 'any' })).toEqual(['/spec/modus is a field that the API server does not know']);
  expect(cluster({}, { metadata: { name: 'one', label: {} } })).toEqual([expect.stringContaining('/metadata/label ')]);
});

test('a value of another kind, one that is missing, and one that is none of the choices are refused', () => {
  expect(lamp({ count: '2' })).toEqual(['/spec/count must be integer']);
  expect(told({ apiVersion: 'home/v1', kind: 'Lamp' })).toEqual([expect.stringContaining("required property 'spec'")]);
  expect(cluster({ mode: 'all' })).toEqual(['/spec/mode must be equal to one of the allowed values any, first']);
});

test('a kind that nobody knows, or in a version that is not served, is refused', () => {
  expect(told({ apiVersion: 'home/v2', kind: 'Lamp' })).toEqual(['no API server knows Lamp of home/v2']);
});

test('without the reference data there is no judge', () => {
  expect(judgeIn(join(folder, 'absent'))).toBeUndefined();
});
