import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  calendarDay,
  compact,
  isRoot,
  MESSAGES,
  NUMBER,
  parseActId,
  parseArchiveName,
  parseDocumentName,
  parseMessageName,
} from './names.ts';

const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));
const actId = fc.record({
  dep: fc.constantFrom('021', '02A', '02B', '974'),
  siren: digits(9),
  day: digits(8),
  number: fc.stringMatching(/^[A-Za-z0-9_]{1,15}$/),
  nature: fc.constantFrom('DE', 'AR', 'AI', 'CC', 'BF', 'AU'),
});
const written = (id: { dep: string; siren: string; day: string; number: string; nature: string }) =>
  [id.dep, id.siren, id.day, id.number, id.nature].join('-');

test('what names say is what was written into them, whatever the number of the act holds', () => {
  const property = fc.property(actId, fc.nat({ max: 99_999 }), (id, n) => {
    expect(parseActId(written(id))).toEqual(id);
    const base = `${written(id)}-3-4`;
    expect(parseMessageName(`${base}_${n}.xml`)).toEqual({ ...id, base, type: '3-4', n });
    expect(parseDocumentName(`99_DE-${base}_${n}.PDF`)).toEqual({ code: '99_DE', base, n, extension: 'pdf' });
  });
  fc.assert(property, { seed: 1, numRuns: 200 });
});

test('a question about the classification names no act', () => {
  const base = '021-000000018----7-1';
  expect(parseMessageName(`${base}_1.xml`)).toEqual({
    dep: '021',
    siren: '000000018',
    day: '',
    number: '',
    nature: '',
    base,
    type: '7-1',
    n: 1,
  });
});

test('an archive is named after its envelope, whose serial has one to four digits', () => {
  const name = (serial: string, quadrigram = 'EACT') => `SLO-${quadrigram}--210703385--20170612-${serial}.tar.gz`;
  expect(parseArchiveName(name('2'))).toEqual({
    envelope: 'EACT--210703385--20170612-2',
    siren: '210703385',
    day: '20170612',
    serial: '2',
  });
  expect(parseArchiveName(name('9999', 'TACT'))?.serial).toBe('9999');
  for (const wrong of [
    name('0'),
    name('10000'),
    name('01'),
    name('1', 'XACT'),
    name('1').replace('--', '-'),
    name('1').replace('.gz', ''),
  ]) {
    expect(parseArchiveName(wrong), wrong).toBeUndefined();
  }
});

test('an act is numbered with capitals, digits and low dashes, none of these at an end, 15 at most', () => {
  for (const good of ['1', 'A', 'DEL2026_031', 'A2345678901234B']) expect(NUMBER.test(good), good).toBe(true);
  for (const bad of ['', '_', 'A_', '_A', 'a', 'É', 'A-B', 'A B', 'A/B', 'A23456789012345B'])
    expect(NUMBER.test(bad), bad).toBe(false);
});

test('a day is one that the calendar has', () => {
  expect(calendarDay('2024-02-29')).toBe('2024-02-29');
  for (const wrong of ['2026-02-29', '2026-13-01', '2026-00-10', '2026-1-1', '', '20260310', '2026-03-10T00:00']) {
    expect(calendarDay(wrong), wrong).toBeUndefined();
  }
  expect(compact('2025-12-29')).toBe('20251229');
});

test('what is no message of the norm is none, and a property of every object is none either', () => {
  expect(isRoot('ARActe')).toBe(true);
  for (const name of ['constructor', '__proto__', 'toString', 'EnveloppeCLMISILL', ''])
    expect(isRoot(name), name).toBe(false);
  expect(
    Object.values(MESSAGES)
      .filter(({ way }) => way === 'out')
      .map(({ type }) => type),
  ).toEqual(['1-1', '2-2', '3-2', '3-3', '3-4', '4-2', '4-3', '4-4', '6-1', '7-1']);
});
