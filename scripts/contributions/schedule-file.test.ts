import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContributionSchedule } from '@jonction/contracts';
import { ROOT } from '@jonction/stack';
import { expect, test } from 'vitest';
import { readSchedule } from './schedule-file.ts';

const example = readFileSync(`${ROOT}/operators/schedules/bfc.yaml`, 'utf8');

function readOf(text: string): ContributionSchedule {
  const folder = mkdtempSync(join(tmpdir(), 'jonction-schedule-'));
  const file = join(folder, 'schedule.yaml');
  try {
    writeFileSync(file, text);
    return readSchedule(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What is said of this text: the mistake, or an empty string. */
function saidOf(text: string): string {
  try {
    readOf(text);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

test('the examples are read: euros become cents, percents hundredths, and a price is that of each year', () => {
  const { items, coverage, firstYear } = readSchedule(`${ROOT}/operators/schedules/bfc.yaml`);
  expect(firstYear).toBe(2026);
  expect(items[0]?.tariffs[0]?.bands[0]).toEqual({
    ...{ from: 0n, upTo: 1_500n, firstYearCents: 5_200n, nextYearsCents: 3_600n },
  });
  expect(items[1]).toMatchObject({ kind: 'SCHEDULE_ITEM_KIND_BASE_OFFER', vatBasisPoints: 2_000 });
  expect(items[1]?.tariffs[0]?.bands[1]).toMatchObject({ firstYearCents: 48_050n, nextYearsCents: 48_050n });
  expect(coverage?.itemIds).toEqual(['base-offer', 'signature']);
  expect(readSchedule(`${ROOT}/operators/schedules/idf.yaml`).thirdParties).toMatchObject([
    { shareBasisPoints: 5_000, firstYear: 2026, years: 3, departementCodes: ['95'] },
  ]);
});

test('what is not known, missing or no amount is refused with its place', () => {
  expect(saidOf(example)).toBe('');
  expect(saidOf(`${example}\ndiscount: 3\n`)).toContain('discount');
  expect(saidOf(example.replace('up_to: 1500,', 'upto: 1500,'))).toMatch(
    /upto[\s\S]*items\[0\]\.tariffs\[0\]\.bands\[0\]/,
  );
  expect(saidOf(example.replace('price: 480.50', 'price: 480.505'))).toContain('two decimals at most');
  expect(saidOf(example.replace('price: 480.50', 'price: "480"'))).toMatch(
    /items\[1\]\.tariffs\[0\]\.bands\[1\]\.price/,
  );
  expect(saidOf(example.replace('price: 480.50', 'first_year: 480'))).toContain('first_year and next_years');
  expect(saidOf(example.replace('[SEML, OTHER]', '[SEML, FIRM]'))).toMatch(/items\[0\]\.tariffs\[3\]\.kinds\[1\]/);
  expect(saidOf(example.replace('vat_percent: 20', 'vat_percent: 2000'))).toContain('vat_percent');
  expect(saidOf(example.replace('first_year: 2026', 'first_year: 26'))).toContain('first_year');
  expect(saidOf('- a\n- b\n')).toContain('is no schedule');
  expect(saidOf('a: [')).toContain('cannot be read');
  expect(() => readSchedule('/nowhere.yaml')).toThrow('cannot be read');
});

test('every amount with two decimals is read as just as many cents', () => {
  const [before, after] = example.split('price: 480.50') as [string, string];
  for (const cents of [0, 1, 7, 29, 57, 58, 115, 1_005, 1_999, 28_999, 409_007, 99_999_999]) {
    const read = readOf(`${before}price: ${(cents / 100).toFixed(2)}${after.replace('price: 1900', 'price: 9999999')}`);
    expect(read.items[1]?.tariffs[0]?.bands[1]?.nextYearsCents).toBe(BigInt(cents));
  }
});
