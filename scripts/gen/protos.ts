import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** What a field may hold, told apart as proto3 JSON does. `text` covers all that travels as a plain string. */
export type Kind = 'text' | 'time' | 'int' | 'int64' | 'number' | 'bool' | 'bytes' | 'enum' | 'message';

/** A field of a message. `name` is the one of its JSON; `shape` or `values` are there for a message and an enum. */
export type Field = {
  name: string;
  kind: Kind;
  list: boolean;
  sentence: string;
  shape?: Shape;
  values?: Enumeration;
};

/** A message: `type` is its full name, `sentence` what its comment says. */
export type Shape = { type: string; sentence: string; fields: Field[] };

/** An enum without the zero that stands for "not said", which proto3 JSON leaves out. */
export type Enumeration = { type: string; sentence: string; values: { name: string; sentence: string }[] };

type FileJson = {
  name: string;
  package: string;
  messageType?: MessageJson[];
  enumType?: EnumJson[];
  sourceCodeInfo?: { location: { path?: number[]; leadingComments?: string }[] };
};
type MessageJson = { name: string; field?: FieldJson[]; nestedType?: MessageJson[]; enumType?: EnumJson[] };
type EnumJson = { name: string; value: { name: string }[] };
type FieldJson = { jsonName: string; label: string; type: string; typeName?: string };

/** A declared message or enum, with the comments of its file and its place among them. */
type Declared = { type: string; file: FileJson; path: number[]; message?: MessageJson; values?: EnumJson };

// Numbers of fields in descriptor.proto: the places of comments are paths made of them.
const [MESSAGES, ENUMS, FIELDS, NESTED, NESTED_ENUMS, VALUES] = [4, 5, 2, 3, 4, 2];
const TIMESTAMP = '.google.protobuf.Timestamp';

/** The events of `root`/proto, in the order of their contexts and files. `buf` is the path of the program. */
export function eventsOf(root: string, buf: string): Shape[] {
  const said = execFileSync(buf, ['build', '-o', '-#format=json'], { cwd: join(root, 'proto'), maxBuffer: 64 << 20 });
  const { file: files } = JSON.parse(said.toString()) as { file: FileJson[] };
  const declared = new Map(files.flatMap(declaredIn).map((one) => [`.${one.type}`, one]));
  return files
    .filter(({ name }) => /^jonction\/.*[/_]events\.proto$/.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ package: context, messageType = [] }) =>
      messageType.map(({ name }) => shapeOf(`.${context}.${name}`, declared)),
    );
}

function declaredIn(file: FileJson): Declared[] {
  const within = (scope: string, path: number[], message: MessageJson): Declared[] => [
    { type: scope, file, path, message },
    ...(message.nestedType ?? []).flatMap((one, at) => within(`${scope}.${one.name}`, [...path, NESTED, at], one)),
    ...(message.enumType ?? []).map((values, at) => ({
      ...{ type: `${scope}.${values.name}`, file, values },
      path: [...path, NESTED_ENUMS, at],
    })),
  ];
  return [
    ...(file.messageType ?? []).flatMap((one, at) => within(`${file.package}.${one.name}`, [MESSAGES, at], one)),
    ...(file.enumType ?? []).map((values, at) => ({
      ...{ type: `${file.package}.${values.name}`, file, values },
      path: [ENUMS, at],
    })),
  ];
}

function shapeOf(name: string, declared: Map<string, Declared>): Shape {
  const { type, file, path, message } = found(name, declared);
  const fields = (message?.field ?? []).map((field, at) => ({
    name: field.jsonName,
    list: field.label === 'LABEL_REPEATED',
    sentence: sentenceAt(file, [...path, FIELDS, at]),
    ...typeOf(field, declared),
  }));
  return { type, sentence: sentenceAt(file, path), fields };
}

function typeOf({ type, typeName = '' }: FieldJson, declared: Map<string, Declared>): Pick<Field, 'kind'> {
  if (typeName === TIMESTAMP) return { kind: 'time' };
  if (type === 'TYPE_MESSAGE') return { kind: 'message', shape: shapeOf(typeName, declared) } as Field;
  if (type === 'TYPE_ENUM') return { kind: 'enum', values: enumerationOf(typeName, declared) } as Field;
  return { kind: scalars[type] ?? (/64$/.test(type) ? 'int64' : 'int') };
}

const scalars: Record<string, Kind> = {
  TYPE_STRING: 'text',
  TYPE_BYTES: 'bytes',
  TYPE_BOOL: 'bool',
  TYPE_DOUBLE: 'number',
  TYPE_FLOAT: 'number',
};

function enumerationOf(name: string, declared: Map<string, Declared>): Enumeration {
  const { type, file, path, values } = found(name, declared);
  const all = (values?.value ?? []).map((one, at) => ({
    name: one.name,
    sentence: sentenceAt(file, [...path, VALUES, at]),
  }));
  return { type, sentence: sentenceAt(file, path), values: all.slice(1) };
}

function found(name: string, declared: Map<string, Declared>): Declared {
  const one = declared.get(name);
  if (!one) throw new Error(`proto/ declares no ${name}, which one of its messages uses`);
  return one;
}

/** The comment above a declaration as one line, without the name that a message's begins with. */
function sentenceAt({ sourceCodeInfo }: FileJson, path: number[]): string {
  const place = path.join('.');
  const comment = sourceCodeInfo?.location.find((one) => one.path?.join('.') === place)?.leadingComments ?? '';
  return comment
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^[A-Z]\w+: /, '');
}
