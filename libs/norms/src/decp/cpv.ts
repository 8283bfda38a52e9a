import { type Reason, reason } from './reasons.ts';

const AT = '/codeCPV';

/**
 * What the Ministry makes of a CPV code, `undefined` when it leaves it as it is. It writes eight digits and the check
 * digit of the list (which is looked up there, never computed).
 */
export function cpvRepair(code: string, cpv: ReadonlyMap<string, string>): Reason | undefined {
  const withKey = (root: string) => `${root}-${cpv.get(root)}`;
  const [, digits = '', key] = /^(\d{7,8})(?:-(\d))?$/.exec(code) ?? [];
  if (digits.length === 7) {
    // A zero at the front first, then one at the end; beside a check digit, only where that digit is the right one.
    const root = [`0${digits}`, `${digits}0`].find((one) => cpv.has(one) && (!key || cpv.get(one) === key));
    if (root) return reason('CPV_ZERO', AT, {}, { from: code, to: withKey(root) });
  }
  if (digits.length === 8 && cpv.has(digits)) {
    return withKey(digits) === code ? undefined : reason('CPV_KEY', AT, {}, { from: code, to: withKey(digits) });
  }
  const division = `${code.slice(0, 2)}000000`;
  if (cpv.has(division)) return reason('CPV_UNKNOWN', AT, {}, { from: code, to: withKey(division) });
  return reason('CPV_UNUSABLE', AT, {}, { from: code, to: `INX ${code}` });
}

/** The codes for which the share of France and of the Union must be said: food, vehicles, health, clothing. */
const ORIGIN_RANGES: [number, number][] = [
  [15_100_000, 15_982_200],
  [34_100_000, 34_144_910],
  [34_510_000, 34_522_700],
  [34_600_000, 34_622_500],
  [34_710_000, 34_722_200],
  [33_100_000, 33_198_200],
  [33_600_000, 33_698_300],
  [18_100_000, 18_453_000],
  [18_800_000, 18_843_000],
];

/** Source: the annex of the arrêtés of 22 December 2022, as the Ministry's program reads it. */
export function mustSayOrigin(code: string): boolean {
  const root = Number(code.slice(0, 8));
  return ORIGIN_RANGES.some(([first, last]) => root >= first && root <= last);
}
