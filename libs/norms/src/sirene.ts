import { hasLuhnKey, sumOfDigits } from './luhn.ts';
import type { Verdict } from './verdict.ts';

const LA_POSTE = '356000000';
const LA_POSTE_HEAD_OFFICE = '35600000000048';

/**
 * Checks a SIREN, the number of an organisation: nine digits, the last one a Luhn key.
 * Nine zeros satisfy the key and are refused all the same: it is what software writes when it has no number.
 *
 * A valid SIREN is one that may exist; only the Sirene register says whether it does.
 *
 * Sources: Code de commerce, art. R. 123-220 and R. 123-221 (the register and its number);
 * INSEE, https://xml.insee.fr/schema/siret.html#controles (length and key).
 */
export function checkSiren(value: string): Verdict {
  return checkDigits(value, 9) ?? (isKeyedSiren(value) ? { ok: true } : wrongKey('SIREN'));
}

/**
 * Checks a SIRET, the number of an establishment: a valid SIREN, then five digits of which the last is a Luhn key
 * over all fourteen.
 *
 * La Poste (SIREN 356000000) has more establishments than the key leaves numbers for: the sum of the fourteen digits
 * of its SIRET is a multiple of five instead. Its head office, 35600000000048, is older than that rule and has the
 * Luhn key.
 *
 * Sources: Code de commerce, art. R. 123-220 and R. 123-221; INSEE, https://xml.insee.fr/schema/siret.html#controles;
 * La Poste: https://fr.wikipedia.org/wiki/SIRET, section "Exceptions pour le groupe La Poste".
 */
export function checkSiret(value: string): Verdict {
  return checkDigits(value, 14) ?? (isKeyedSiret(value) ? { ok: true } : wrongKey('SIRET'));
}

function isKeyedSiren(digits: string): boolean {
  return hasLuhnKey(digits) && /[1-9]/.test(digits);
}

function isKeyedSiret(digits: string): boolean {
  if (digits === LA_POSTE_HEAD_OFFICE) return true;
  if (digits.startsWith(LA_POSTE)) return sumOfDigits(digits) % 5 === 0;
  return isKeyedSiren(digits.slice(0, 9)) && hasLuhnKey(digits);
}

/** The fault of form, if there is one. */
function checkDigits(value: string, length: number): Verdict | undefined {
  if (value.length !== length) {
    return {
      ok: false,
      why: 'LENGTH',
      detail: `expected ${length} digits without spaces, got ${value.length} characters`,
    };
  }
  if (!/^[0-9]+$/.test(value)) {
    return { ok: false, why: 'DIGITS', detail: `expected ${length} digits and nothing else` };
  }
  return undefined;
}

function wrongKey(name: 'SIREN' | 'SIRET'): Verdict {
  return {
    ok: false,
    why: 'KEY',
    detail: `the control key of this ${name} is wrong: compare it with the source, digit by digit`,
  };
}
