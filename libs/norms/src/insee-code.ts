import type { Verdict } from './verdict.ts';

/**
 * The territories that have communes in the official geographic code: départements 01 to 95 (Corsica, once 20, is 2A
 * and 2B), then three-character codes overseas: the five départements and régions (971 to 974, 976),
 * Saint-Pierre-et-Miquelon 975, Saint-Barthélemy 977, Saint-Martin 978, and the collectivities 984 and 986 to 989.
 * After it comes the number of the commune, in three digits, or in two overseas.
 */
const MAINLAND = /^(?:0[1-9]|1\d|2[1-9AB]|[3-8]\d|9[0-5])(\d{3})$/;
const OVERSEAS = /^(?:97[1-8]|98[46-9])(\d{2})$/;

/**
 * Checks the INSEE code of a commune: five characters, digits save for the A or B of Corsica.
 * It is not the postal code: Paris is 75056, and 75000 is no commune.
 *
 * It says that the code may exist. Whether it does, and in which years, only a vintage of the geographic code says;
 * a code that has ceased to be used is therefore accepted.
 *
 * Source: INSEE, Code officiel géographique, https://www.insee.fr/fr/information/2560452.
 */
export function checkInseeCode(value: string): Verdict {
  if (value.length !== 5) {
    return { ok: false, why: 'LENGTH', detail: `expected 5 characters without spaces, got ${value.length}` };
  }
  if (!/^(?:\d{2}|2[AB])\d{3}$/.test(value)) {
    return { ok: false, why: 'DIGITS', detail: 'expected 5 digits, or 2A or 2B followed by 3 digits' };
  }
  const number = (MAINLAND.exec(value) ?? OVERSEAS.exec(value))?.[1];
  if (number === undefined || Number(number) === 0) {
    return { ok: false, why: 'TERRITORY', detail: 'no commune can have this code: is it a postal code?' };
  }
  return { ok: true };
}
