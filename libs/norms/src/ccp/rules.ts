import rules from './rules.json' with { type: 'json' };

export type Nature = 'WORKS' | 'SUPPLIES' | 'SERVICES' | 'SOCIAL_SERVICES';
export type Procedure =
  | 'ADAPTED'
  | 'OPEN'
  | 'RESTRICTED'
  | 'NEGOTIATED'
  | 'COMPETITIVE_DIALOGUE'
  | 'CONCESSION'
  | 'WITHOUT_COMPETITION';
/** Which threshold of the directives counts: local authorities, the State, or an entity of the network sectors. */
export type BuyerKind = 'LOCAL' | 'STATE' | 'UTILITY';
export type Regime = 'DISPENSED' | 'ADAPTED' | 'FORMAL';
/** Where a notice must appear: the buyer's profile, BOAMP or a newspaper of legal notices, BOAMP, the Official Journal of the EU. */
export type Support = 'BUYER_PROFILE' | 'BOAMP_OR_LEGAL_NEWSPAPER' | 'BOAMP' | 'OJEU';

/** Where a rule stands; `sure` is false for one that no official text was read for: check it before you rely on it. */
export interface Source {
  article: string;
  sure: boolean;
}

interface Threshold extends Source {
  code: string;
  nature: string[];
  buyer?: string;
  cents: number;
  from?: string;
  until?: string;
}

interface Limit extends Source {
  procedure: string;
  step: string;
  days: number;
  when?: string;
}

/** The version of the rules, kept with what was decided by them. */
export const RULES_VERSION: string = rules.version;
export const COUNTS = rules.counts;

const thresholds: Threshold[] = rules.thresholds;
const limits: Limit[] = rules.limits;

export interface Estimate {
  nature: Nature;
  procedure: Procedure;
  buyer: BuyerKind;
  /** Without VAT, of all lots, renewals and options together (CCP R2121-1). */
  cents: bigint;
}

/** The threshold of a code on a day, or undefined when there is none for this. */
function thresholdOn(code: string, { nature, buyer }: Pick<Estimate, 'nature' | 'buyer'>, day: string) {
  return thresholds.find(
    (one) =>
      one.code === code &&
      one.nature.includes(nature) &&
      (one.buyer ?? buyer) === buyer &&
      (one.from ?? '') <= day &&
      day <= (one.until ?? '9999'),
  );
}

export interface Verdict extends Source {
  regime: Regime;
  /** The threshold that decided, in cents; 0 when none did. */
  cents: bigint;
}

/** How a contract may be made, by its estimate on the day it is launched. */
export function regimeOn(estimate: Estimate, day: string): Verdict {
  const formal = thresholdOn('FORMAL', estimate, day);
  if (formal && estimate.cents >= BigInt(formal.cents)) return verdict('FORMAL', formal);
  const dispensed = thresholdOn('DISPENSED', estimate, day);
  if (dispensed && estimate.cents < BigInt(dispensed.cents)) return verdict('DISPENSED', dispensed);
  return verdict('ADAPTED', formal ?? { article: 'CCP R2123-1', sure: true, cents: 0 });
}

function verdict(regime: Regime, { article, sure, cents }: Source & { cents: number }): Verdict {
  return { regime, article, sure, cents: BigInt(cents) };
}

/** Where the notice of a contract must appear, each with the rule that says so; none when it may be made without. */
export function dutiesOn(estimate: Estimate, day: string): (Source & { support: Support })[] {
  if (estimate.procedure === 'WITHOUT_COMPETITION') return [];
  const { regime } = regimeOn(estimate, day);
  const profile = { support: 'BUYER_PROFILE', article: 'CCP R2132-2', sure: true } as const;
  const european = thresholdOn('EUROPEAN_NOTICE', estimate, day);
  if (regime === 'FORMAL' || (european && estimate.cents >= BigInt(european.cents)))
    return [
      profile,
      { support: 'BOAMP', article: 'CCP R2131-16', sure: false },
      { support: 'OJEU', article: 'CCP R2131-16', sure: false },
    ];
  const national = thresholdOn('NATIONAL_NOTICE', estimate, day);
  if (national && estimate.cents >= BigInt(national.cents))
    return [profile, { support: 'BOAMP_OR_LEGAL_NEWSPAPER', article: national.article, sure: national.sure }];
  return regime === 'DISPENSED' ? [] : [profile];
}

export type Circumstance = 'ELECTRONIC' | 'PRIOR_INFORMATION' | 'URGENT';

/** The shortest time that the rules allow for a step of a procedure under some circumstances; undefined when they name none. */
export function shortest(procedure: Procedure, step: 'APPLICATIONS' | 'TENDERS', circumstances: Circumstance[]) {
  const fit = limits.filter(
    (one) =>
      one.procedure === procedure &&
      one.step === step &&
      (one.when === undefined || circumstances.includes(one.when as Circumstance)),
  );
  return fit.toSorted((a, b) => a.days - b.days)[0];
}
