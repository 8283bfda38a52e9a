import { createHash } from 'node:crypto';
import type { Field, Shape } from './protos.ts';

/** A value of proto3 JSON. */
export type Json = string | number | boolean | Json[] | { [name: string]: Json };

/** The moment at which the events of the examples happen. */
export const HAPPENED = new Date('2026-03-02T09:00:00Z');

/** What a text without an example of its own shows. */
const ANY_TEXT = '…';

/**
 * A body as a listener may get it. A text is the one that its sentence gives (such as `7.1`), the rest follows from names
 * and types, so that the same id is the same in every example.
 */
export function exampleOf(shape: Shape): Record<string, Json> {
  let times = 0;
  return Object.fromEntries(
    shape.fields.filter(isSaid).map((field) => {
      // What is not the moment itself, such as a deadline, lies ahead: a month for each.
      const ahead = field.kind === 'time' && !/At$/.test(field.name) ? ++times : 0;
      const value = jsonOf(field, ahead);
      return [field.name, field.list ? [value] : value];
    }),
  );
}

/** The same UUID for the same name; version 7, as all of ours. */
export function exampleId(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex');
  return `0195551c-${hash.slice(0, 4)}-7${hash.slice(4, 7)}-8${hash.slice(7, 10)}-${hash.slice(10, 22)}`;
}

/** The fields, as paths, whose text nothing gives an example of. */
export function withoutExample(shape: Shape): string[] {
  return shape.fields.flatMap((field) => {
    if (field.shape) return withoutExample(field.shape).map((path) => `${field.name}.${path}`);
    return field.kind === 'text' && isSaid(field) && textOf(field) === ANY_TEXT ? [field.name] : [];
  });
}

function jsonOf(field: Field, ahead: number): Json {
  switch (field.kind) {
    case 'message':
      return field.shape ? exampleOf(field.shape) : {};
    case 'enum':
      return sampleIn(field) ?? field.values?.values[0]?.name ?? ANY_TEXT;
    case 'time':
      return new Date(HAPPENED.getTime() + ahead * 30 * 86_400_000).toISOString();
    case 'int64':
      return String(amountOf(field));
    case 'int':
    case 'number':
      return amountOf(field);
    case 'bool':
      return true;
    case 'bytes':
      return Buffer.from('any bytes').toString('base64');
    case 'text':
      return textOf(field);
  }
}

function textOf(field: Field): string {
  const { name } = field;
  const sample = sampleIn(field);
  if (sample !== undefined) return sample;
  if (name === 'operator') return 'bfc';
  if (isDay(field)) return HAPPENED.toISOString().slice(0, 10);
  if (/sha256/i.test(name)) return createHash('sha256').update(name).digest('hex');
  return /Id$/.test(name) ? exampleId(name) : ANY_TEXT;
}

/** What the sentence of a field gives as an example. */
function sampleIn({ sentence }: Field): string | undefined {
  return /\bsuch as `([^`]+)`/i.exec(sentence)?.[1];
}

/** Whether a field has something to say in the usual case: its sentence does not tell when it is empty. */
function isSaid(field: Field): boolean {
  return !/\bempty (when|while)\b/.test(field.sentence) || sampleIn(field) !== undefined;
}

/** Whether a text is a day of the calendar. */
export function isDay({ name, sentence }: Pick<Field, 'name' | 'sentence'>): boolean {
  return /On$/.test(name) || sentence.includes('`YYYY-MM-DD`');
}

function amountOf(field: Field): number {
  const amounts: Record<string, number> = { bytes: 184_320, cents: 1_250_000, milliseconds: 250, seconds: 30 };
  return amounts[unitOf(field)] ?? 1;
}

const suffixes: [RegExp, string][] = [
  [/Bytes$/, 'bytes'],
  [/Cents$/, 'cents'],
  [/Ms$/, 'milliseconds'],
  [/(Seconds|S)$/, 'seconds'],
  [/Days$/, 'days'],
];

/** In what a value is counted or written, as its name or its sentence says; empty when it needs no unit. */
export function unitOf(field: Pick<Field, 'name' | 'kind' | 'sentence'>): string {
  if (field.kind === 'time') return 'RFC 3339, UTC';
  if (field.kind === 'text') return isDay(field) ? 'day, `YYYY-MM-DD`' : '';
  if (!['int', 'int64', 'number'].includes(field.kind)) return '';
  const [, told = ''] = /\bin (bytes|cents|euros|milliseconds|seconds|minutes|days)\b/.exec(field.sentence) ?? [];
  return told || (suffixes.find(([suffix]) => suffix.test(field.name))?.[1] ?? '');
}
