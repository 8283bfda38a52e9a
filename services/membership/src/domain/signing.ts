import type { ActNature, SigningVerdict } from '@jonction/contracts';
import type { Mandate, SigningDelegation } from './mandate.ts';

/** What is to be signed, and when. */
export interface Signing {
  /** Unspecified asks for a right that covers every nature. */
  nature: ActNature;
  /** 0 when it has none. */
  amountCents: number;
  at: Date;
}

/** By what an agent may sign: its own mandate, or a delegation under that of another. */
export interface Title {
  mandate: Mandate;
  delegation: SigningDelegation | undefined;
}

/**
 * Whether an agent may sign, by the best of its titles. `titles` are all it has or had: who signs by right needs nothing
 * else, who signs by delegation needs one that holds, under a mandate that holds, for that nature and that amount.
 */
export function judge(titles: Title[], signing: Signing): { verdict: SigningVerdict; title: Title | undefined } {
  const holding = titles.filter((title) => holdsAt(title, signing.at));
  const byRight = holding.find(({ delegation }) => !delegation);
  if (byRight) return { verdict: 'SIGNING_VERDICT_BY_RIGHT', title: byRight };
  const ofNature = holding.filter(({ delegation }) => delegation && coversNature(delegation, signing.nature));
  const good = ofNature.filter(({ delegation }) => delegation && coversAmount(delegation, signing.amountCents));
  const [best] = good.toSorted((a, b) => lastingOf(b) - lastingOf(a));
  if (best) return { verdict: 'SIGNING_VERDICT_BY_DELEGATION', title: best };
  if (ofNature.length > 0) return { verdict: 'SIGNING_VERDICT_AMOUNT_TOO_HIGH', title: undefined };
  const delegated = holding.length > 0;
  return { verdict: delegated ? 'SIGNING_VERDICT_OTHER_NATURE' : 'SIGNING_VERDICT_NO_TITLE', title: undefined };
}

/** Whether something may be signed by this title at an instant. A mandate that is no executive's is no title. */
export function holdsAt({ mandate, delegation }: Title, at: Date): boolean {
  if (delegation) return delegation.holdsAt(mandate, at);
  return mandate.executive && mandate.holdsAt(at);
}

/** The first instant at which it holds no more; null while no end is known. */
export function endOf({ mandate, delegation }: Title): Date | null {
  return delegation ? delegation.endWith(mandate) : mandate.endsAt;
}

function coversNature({ natures }: SigningDelegation, nature: ActNature): boolean {
  return natures.length === 0 || natures.includes(nature);
}

function coversAmount({ maxAmountCents: most }: SigningDelegation, amountCents: number): boolean {
  return most === 0 || amountCents <= most;
}

function lastingOf(title: Title): number {
  return endOf(title)?.getTime() ?? Number.POSITIVE_INFINITY;
}
