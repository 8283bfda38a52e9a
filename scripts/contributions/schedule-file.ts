import { readFileSync } from 'node:fs';
import { ContributionBasis, ContributionSchedule, OrganizationKind, SubscribedService } from '@jonction/contracts';
import { parse } from 'yaml';
import { z } from 'zod';
import { Mistake } from '../start/running.ts';

const id = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must have 1 to 32 of a-z 0-9 -, a letter first');
const name = z.string().min(1).max(200);
const year = z.int().min(2000).max(2100);
const whole = z.int().nonnegative();
/** Euros with two decimals at most, as whole cents. */
const euros = inHundredths('euros', 10_000_000_000);
/** Percent with two decimals at most, as hundredths of a percent. */
const percent = inHundredths('percent', 100);

const kinds = z.array(short(OrganizationKind, 'ORGANIZATION_KIND_')).min(1);

const band = z
  .strictObject({
    from: whole,
    up_to: whole.optional(),
    price: euros.optional(),
    first_year: euros.optional(),
    next_years: euros.optional(),
  })
  .refine(
    ({ price, first_year: first, next_years: next }) =>
      price === undefined ? first !== undefined && next !== undefined : first === undefined && next === undefined,
    'must have either price, or first_year and next_years',
  )
  .transform(({ from, up_to, price = 0, first_year, next_years }) => ({
    from: BigInt(from),
    upTo: BigInt(up_to ?? 0),
    firstYearCents: BigInt(first_year ?? price),
    nextYearsCents: BigInt(next_years ?? price),
  }));

const tariff = z.strictObject({
  kinds,
  basis: short(ContributionBasis, 'CONTRIBUTION_BASIS_'),
  bands: z.array(band).min(1),
});

const item = z
  .strictObject({
    id,
    name,
    kind: z.enum(['MEMBERSHIP', 'BASE_OFFER', 'A_LA_CARTE']).transform((text) => `SCHEDULE_ITEM_KIND_${text}` as const),
    services: z.array(short(SubscribedService, 'SUBSCRIBED_SERVICE_')).default([]),
    vat_percent: percent,
    tariffs: z.array(tariff).min(1),
  })
  .transform(({ id: itemId, vat_percent: vatBasisPoints, ...rest }) => ({ itemId, vatBasisPoints, ...rest }));

const share = z
  .strictObject({
    id,
    name,
    siren: z.string().default(''),
    share_percent: percent,
    first_year: year,
    years: z.int().min(1).max(50),
    departements: z.array(z.string()).default([]),
    member_ids: z.array(z.uuid()).default([]),
  })
  .transform(({ id: payerId, share_percent, first_year, departements, member_ids, ...rest }) => ({
    ...{ payerId, shareBasisPoints: share_percent, firstYear: first_year },
    ...{ departementCodes: departements, memberIds: member_ids, ...rest },
  }));

const schedule = z
  .strictObject({
    name,
    first_year: year,
    last_year: year.optional(),
    first_year_rule: z.enum(['WHOLE', 'BY_MONTH']).transform((text) => `FIRST_YEAR_RULE_${text}` as const),
    items: z.array(item).min(1),
    coverage: z
      .strictObject({ kinds, items: z.array(id).min(1) })
      .transform((all) => ({ kinds: all.kinds, itemIds: all.items }))
      .optional(),
    third_parties: z.array(share).default([]),
  })
  .transform(({ first_year, last_year, first_year_rule, third_parties, ...rest }) => ({
    ...{ firstYear: first_year, lastYear: last_year ?? 0, firstYearRule: first_year_rule },
    ...{ thirdParties: third_parties, ...rest },
  }));

/**
 * Reads a schedule from a file as operators/schedules/bfc.yaml shows it. Throws a Mistake with each key that is wrong or not
 * known; whether bands join and shares fit, the service says.
 */
export function readSchedule(file: string): ContributionSchedule {
  let text: unknown;
  try {
    text = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Mistake(`${file} cannot be read: ${(error as Error).message}`);
  }
  const { success, data, error } = schedule.safeParse(text);
  if (!success) throw new Mistake(`${file} is no schedule. Mend it, then try again:\n${z.prettifyError(error)}`);
  return ContributionSchedule.fromPartial(data);
}

/** A number with two decimals at most, as a whole number of hundredths: no cent is lost to a binary fraction. */
function inHundredths(unit: string, most: number) {
  return z
    .number()
    .min(0)
    .max(most)
    .refine((value) => Math.round(value * 100) / 100 === value, `must be ${unit} with two decimals at most`)
    .transform((value) => Math.round(value * 100));
}

/** An enum's values without what they all begin with; the one that says nothing is left out. */
function short<T extends string>(values: Record<string, T>, prefix: string) {
  const names = Object.values(values)
    .filter((value) => value.startsWith(prefix) && !value.endsWith('_UNSPECIFIED'))
    .map((value) => value.slice(prefix.length));
  return z.enum(names).transform((text) => `${prefix}${text}` as T);
}
