import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

type Field = {
  name: string;
  wire: WireType;
  many?: true;
  read: (reader: BinaryReader, depth: number) => unknown;
};
/** The fields of a message that we read, by their number. All others are skipped. */
type Message = Record<number, Field>;

/** An attribute may hold lists of lists; a sender that goes deeper than this is broken or hostile. */
const MAX_DEPTH = 64;

const text = (name: string): Field => ({ name, wire: WireType.LengthDelimited, read: (r) => r.string() });
const hex = (name: string): Field => ({ name, wire: WireType.LengthDelimited, read: (r) => encode(r, 'hex') });
const base64 = (name: string): Field => ({ name, wire: WireType.LengthDelimited, read: (r) => encode(r, 'base64') });
const code = (name: string): Field => ({ name, wire: WireType.Varint, read: (r) => r.int32() });
const nanos = (name: string): Field => ({ name, wire: WireType.Bit64, read: (r) => String(r.fixed64()) });
const one = (name: string, of: () => Message): Field => ({
  name,
  wire: WireType.LengthDelimited,
  read: (r, depth) => decodeMessage(r.bytes(), of(), depth + 1),
});
const many = (name: string, of: () => Message): Field => ({ ...one(name, of), many: true });

function encode(reader: BinaryReader, encoding: 'hex' | 'base64'): string {
  const bytes = reader.bytes();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding);
}

const LIST: Message = { 1: many('values', () => ANY_VALUE) };
const MAP: Message = { 1: many('values', () => KEY_VALUE) };
const ANY_VALUE: Message = {
  1: text('stringValue'),
  2: { name: 'boolValue', wire: WireType.Varint, read: (r) => r.bool() },
  3: { name: 'intValue', wire: WireType.Varint, read: (r) => String(r.int64()) },
  4: { name: 'doubleValue', wire: WireType.Bit64, read: (r) => r.double() },
  5: one('arrayValue', () => LIST),
  6: one('kvlistValue', () => MAP),
  7: base64('bytesValue'),
};
const KEY_VALUE: Message = { 1: text('key'), 2: one('value', () => ANY_VALUE) };
const LINK: Message = { 1: hex('traceId'), 2: hex('spanId') };
const STATUS: Message = { 2: text('message'), 3: code('code') };
const SPAN: Message = {
  1: hex('traceId'),
  2: hex('spanId'),
  4: hex('parentSpanId'),
  5: text('name'),
  6: code('kind'),
  7: nanos('startTimeUnixNano'),
  8: nanos('endTimeUnixNano'),
  9: many('attributes', () => KEY_VALUE),
  13: many('links', () => LINK),
  15: one('status', () => STATUS),
};
const RESOURCE: Message = { 1: many('attributes', () => KEY_VALUE) };
const SCOPE_SPANS: Message = { 2: many('spans', () => SPAN) };
const RESOURCE_SPANS: Message = { 1: one('resource', () => RESOURCE), 2: many('scopeSpans', () => SCOPE_SPANS) };
const EXPORT_REQUEST: Message = { 1: many('resourceSpans', () => RESOURCE_SPANS) };

/**
 * Turns the bytes of an OTLP ExportTraceServiceRequest into the object that its JSON form would be parsed to, so that
 * both forms have one reader after this point.
 * Throws an Error that says what is wrong with the bytes.
 */
export function decodeExportRequest(bytes: Uint8Array): unknown {
  return decodeMessage(bytes, EXPORT_REQUEST, 0);
}

function decodeMessage(bytes: Uint8Array, message: Message, depth: number): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw new Error(`messages are nested more than ${MAX_DEPTH} deep`);
  const reader = new BinaryReader(bytes);
  const result: Record<string, unknown> = {};
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const field = message[number];
    if (field === undefined) {
      reader.skip(wire, number);
      continue;
    }
    if (wire !== field.wire) throw new Error(`${field.name} has wire type ${wire} instead of ${field.wire}`);
    const value = field.read(reader, depth);
    if (field.many) append(result, field.name, value);
    else result[field.name] = value;
  }
  if (reader.pos > reader.len) throw new Error('the last field is cut off');
  return result;
}

function append(result: Record<string, unknown>, name: string, value: unknown): void {
  const list = result[name];
  if (Array.isArray(list)) list.push(value);
  else result[name] = [value];
}
