import type { Description, Lot } from '@jonction/contracts';
import type { checkFields } from '@jonction/service';

/** The State's and Europe's lists of codes. */
export interface Codes {
  isCpv(code: string): boolean;
  isNuts3(code: string): boolean;
}

type Fields = ReturnType<typeof checkFields>;

const MOST_LOTS = 200;
const MOST_PLACES = 20;
/** The Ministry sets aside contracts of more months (its rules for essential data). */
const MOST_MONTHS = 180;

/** Checks what is said of a consultation. */
export function checkDescription(fields: Fields, codes: Codes, description: Description): void {
  const { reference, summary, cpvCode, placeCodes, lots, durationMonths } = description;
  const at = (field: string) => `description.${field}`;
  fields.expect(/^[A-Za-z0-9_./-]{1,36}$/.test(reference), at('reference'), 'must have 1 to 36 of A-Z a-z 0-9 _ . / -');
  fields.text(at('summary'), summary, { min: 0, max: 6_000 });
  fields.expect(codes.isCpv(cpvCode), at('cpv_code'), 'must be a code of the CPV of 2008, eight digits');
  fields.expect(placeCodes.length > 0, at('place_codes'), 'must have one place at least');
  checkPlaces(fields, codes, at('place_codes'), placeCodes);
  fields.expect(lots.length <= MOST_LOTS, at('lots'), `must be ${MOST_LOTS} at most`);
  for (const [nth, lot] of lots.slice(0, MOST_LOTS).entries())
    checkLot(fields, codes, `${at('lots')}[${nth}]`, { lot, nth });
  const months = durationMonths >= 1 && durationMonths <= MOST_MONTHS;
  fields.expect(months, at('duration_months'), `must be 1 to ${MOST_MONTHS}`);
  checkConsiderations(fields, at('social_considerations'), description.socialConsiderations);
  checkConsiderations(fields, at('environmental_considerations'), description.environmentalConsiderations);
}

function checkLot(fields: Fields, codes: Codes, at: string, { lot, nth }: { lot: Lot; nth: number }): void {
  fields.expect(lot.lotNumber === nth + 1, `${at}.lot_number`, 'must count from 1 without a gap');
  fields.text(`${at}.title`, lot.title, { max: 500 });
  fields.expect(codes.isCpv(lot.cpvCode), `${at}.cpv_code`, 'must be a code of the CPV of 2008, eight digits');
  checkPlaces(fields, codes, `${at}.place_codes`, lot.placeCodes);
  fields.known(`${at}.reservation`, lot.reservation, { optional: true });
  fields.known(`${at}.status`, lot.status, { optional: true });
}

function checkPlaces(fields: Fields, codes: Codes, at: string, places: string[]): void {
  fields.expect(places.length <= MOST_PLACES, at, `must be ${MOST_PLACES} at most`);
  for (const [nth, place] of places.slice(0, MOST_PLACES).entries())
    fields.expect(codes.isNuts3(place), `${at}[${nth}]`, 'must be a code of NUTS, level 3');
}

/** At least one, each once, and "none" with no other: the essential data are set aside otherwise. */
function checkConsiderations(fields: Fields, at: string, all: string[]): void {
  for (const one of all.slice(0, 5)) fields.known(at, one);
  const alone = all.length === 1 || !all.some((one) => one.endsWith('_NONE'));
  const good = all.length > 0 && new Set(all).size === all.length && alone;
  fields.expect(good, at, 'must be one at least, each once, and none of the others beside NONE');
}
