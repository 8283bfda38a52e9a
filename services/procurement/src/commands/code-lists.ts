import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Codes } from './check-description.ts';

/** Judges codes by their form alone, where the lists are not there. */
export const byForm: Codes = {
  isCpv: (code) => /^\d{8}$/.test(code),
  isNuts3: (code) => /^[A-Z]{2}[0-9A-Z]{3}$/.test(code),
};

/** Reads the lists of CPV codes (2008) and of French NUTS-3 codes. Throws when they are not where they should be. */
export function readCodeLists(folder: string): Codes {
  const cpv = firstColumn(join(folder, 'procurement/cpv/cpv_2008.csv'));
  const nuts3 = firstColumn(join(folder, 'procurement/geo/nuts3_fr.csv'));
  return { isCpv: (code) => cpv.has(code), isNuts3: (code) => nuts3.has(code) };
}

function firstColumn(file: string): Set<string> {
  const [, ...rows] = readFileSync(file, 'utf8').split('\n');
  return new Set(rows.map((row) => row.split(',')[0] ?? '').filter(Boolean));
}
