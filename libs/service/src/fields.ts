import type { Violation } from './refusal.ts';
import { refuse } from './refusals.ts';

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const REQUEST_ID = /^[A-Za-z0-9_-]{1,64}$/;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
// Controls, line separators and lone surrogates: none has a place in a title, and PostgreSQL refuses NUL.
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

/** Gathers what is wrong with a request, so that a caller learns of all of it at once. Field names are proto names. */
export function checkFields() {
  const violations: Violation[] = [];
  const expect = (good: boolean, field: string, description: string) => {
    if (!good) violations.push({ field, description });
  };
  return {
    expect,
    /** Unicode text of min to max UTF-16 units, without control characters. */
    text(field: string, value: string, { min = 1, max }: { min?: number; max: number }) {
      expect(value.length >= min && value.length <= max, field, `must have ${min} to ${max} characters`);
      expect(value.length > max || !CONTROL.test(value), field, 'must have no control character');
      expect(min === 0 || value.length > max || value.trim() !== '', field, 'must not be blank');
    },
    uuid(field: string, value: string, { optional = false } = {}) {
      expect((optional && value === '') || UUID.test(value), field, 'must be a UUID in lower case');
    },
    requestId(value: string) {
      expect(REQUEST_ID.test(value), 'request_id', 'must have 1 to 64 of A-Z a-z 0-9 _ -');
    },
    /** A value that the contract names; unknown and unspecified ones are refused. */
    known(field: string, value: string, { optional = false } = {}) {
      const good = value !== 'UNRECOGNIZED' && (optional || !value.endsWith('_UNSPECIFIED'));
      expect(good, field, 'must be a value that the contract names');
    },
    day(field: string, value: string, { optional = false } = {}) {
      expect((optional && value === '') || isDay(value), field, 'must be a day, YYYY-MM-DD');
    },
    /** A time as a Timestamp may be: from year 1 to 9999, or none. */
    time(field: string, value: Date | undefined) {
      expect(value === undefined || isTimestamp(value), field, 'must be a time of the years 1 to 9999');
    },
    /** Throws FIELD_INVALID naming every field that is wrong; returns if none is. */
    done() {
      if (violations.length === 0) return;
      const fields = [...new Set(violations.map((violation) => violation.field))].join(', ');
      throw refuse('FIELD_INVALID', { fields }, violations);
    },
  };
}

/**
 * Checks what must hold before a request's content can be hashed and looked up: its request_id, and that its times are
 * times, for one out of range is decoded to a Date that is none. Throws FIELD_INVALID.
 */
export function checkRequest(request: { requestId: string }): void {
  const fields = checkFields();
  fields.requestId(request.requestId);
  for (const field of timesOutOfRange(request)) fields.expect(false, field, 'must be a time');
  fields.done();
}

/** What google.protobuf.Timestamp may say; the year of a Date that is none is no number. */
function isTimestamp(time: Date): boolean {
  return time.getUTCFullYear() >= 1 && time.getUTCFullYear() <= 9999;
}

function timesOutOfRange(part: object, where = ''): string[] {
  return Object.entries(part).flatMap(([name, value]) => {
    const field = Array.isArray(part) ? `${where}[${name}]` : `${where}${where && '.'}${protoName(name)}`;
    if (value instanceof Date) return isTimestamp(value) ? [] : [field];
    const nested = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
    return nested ? timesOutOfRange(value, field) : [];
  });
}

function protoName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function isDay(value: string): boolean {
  if (!DAY.test(value)) return false;
  const time = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(value);
}

/** Letters as one searches them: without case or accents. */
export function searchable(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** A `like` pattern that finds `text` anywhere, its own wildcards taken literally. */
export function containing(text: string): string {
  return `%${searchable(text).replace(/[\\%_]/g, '\\$&')}%`;
}
