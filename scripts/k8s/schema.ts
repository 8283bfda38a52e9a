import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import { type Fault, nameOf, type Overlay, type Thing } from './things.ts';

type Schema = { [name: string]: unknown };
type Definitions = Record<string, Schema>;

/** Judges one object; undefined when nobody defines its kind. */
export type Judge = (thing: Thing) => ValidateFunction | undefined;

const CUSTOM = ['clusters', 'scheduledbackups', 'backups', 'poolers'].map((name) => `postgresql.cnpg.io_${name}.yaml`);

/**
 * The API server's own document and the definitions of CloudNativePG in `folder`, strict: a field that they do not know is
 * refused. Undefined when they are not there: they are reference data, which stays outside the repository.
 */
export function judgeIn(folder: string): Judge | undefined {
  const server = join(folder, 'openapi-v2-1.36.json');
  if (![server, ...CUSTOM.map((file) => join(folder, file))].every((file) => existsSync(file))) return undefined;
  const { definitions } = JSON.parse(readFileSync(server, 'utf8')) as { definitions: Definitions };
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ $id: 'server', definitions: strict(definitions) });
  const names = new Map(Object.entries(definitions).flatMap(([name, it]) => kindsOf(it).map((kind) => [kind, name])));
  const custom = new Map(CUSTOM.flatMap((file) => definedIn(readFileSync(join(folder, file), 'utf8'))));
  const known = new Map<string, ValidateFunction | undefined>();
  return ({ apiVersion, kind }) => {
    const id = `${apiVersion}/${kind}`;
    if (!known.has(id)) known.set(id, compiled(id));
    return known.get(id);
  };
  function compiled(id: string): ValidateFunction | undefined {
    const own = custom.get(id);
    if (own) return ajv.compile(own);
    return names.has(id) ? ajv.compile({ $ref: `server#/definitions/${names.get(id)}` }) : undefined;
  }
}

/** Every object is one that the API server takes, with no field that it does not know: it drops those without a word. */
export function schema({ things }: Overlay, judge: Judge): Fault[] {
  return things.flatMap((thing) => {
    const validate = judge(thing);
    const told = { object: nameOf(thing), rule: 'schema' };
    if (!validate) {
      const why = `no API server knows ${thing.kind} of ${thing.apiVersion}`;
      return [{ ...told, why, fix: 'use a kind of the API server or of CloudNativePG, in a version that it serves' }];
    }
    if (validate(thing)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      const { additionalProperty, allowedValues } = params as {
        additionalProperty?: string;
        allowedValues?: unknown[];
      };
      const why =
        additionalProperty === undefined
          ? `${instancePath} ${message} ${allowedValues?.join(', ') ?? ''}`.trim()
          : `${instancePath}/${additionalProperty} is a field that the API server does not know`;
      return { ...told, why, fix: 'write it as the API reference of its kind does' };
    });
  });
}

function kindsOf(definition: Schema): string[] {
  const kinds = (definition['x-kubernetes-group-version-kind'] ?? []) as Record<string, string>[];
  return kinds.map(({ group, version, kind }) => `${group ? `${group}/` : ''}${version}/${kind}`);
}

/** What a custom resource definition says of each of its versions. apiVersion, kind and metadata are the server's to judge. */
function definedIn(text: string): [string, Schema][] {
  const { spec } = parse(text) as {
    spec: { group: string; names: { kind: string }; versions: { name: string; schema: { openAPIV3Schema: Schema } }[] };
  };
  return spec.versions.map(({ name, schema: { openAPIV3Schema } }) => {
    const own = strict(openAPIV3Schema) as { properties: Schema };
    const metadata = { $ref: 'server#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' };
    return [`${spec.group}/${name}/${spec.names.kind}`, { ...own, properties: { ...own.properties, metadata } }];
  });
}

/** The same schema, closed: an object with named fields has no others, and numbers may stand where the server reads both. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== 'object' || value === null) return value;
  const rest = value as Schema;
  if (rest['x-kubernetes-int-or-string'] === true || rest.format === 'int-or-string')
    return { type: ['integer', 'string'] };
  if (isQuantity(rest)) return { type: ['number', 'string'] };
  const closed = Object.fromEntries(Object.entries(rest).map(([name, part]) => [name, strict(part)]));
  const free = 'additionalProperties' in rest || rest['x-kubernetes-preserve-unknown-fields'] === true;
  return isSchemaOfFields(rest) && !free ? { ...closed, additionalProperties: false } : closed;
}

const isQuantity = ({ type, description }: Schema) =>
  type === 'string' && typeof description === 'string' && description.startsWith('Quantity is a fixed-point');

const isSchemaOfFields = ({ type, properties }: Schema) => type === 'object' && typeof properties === 'object';
