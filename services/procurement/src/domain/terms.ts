import type { BuyerKind, Nature, Procedure, Terms } from '@jonction/contracts';
import {
  type Due,
  dueDates,
  dutiesOn,
  type Estimate,
  type Moments,
  type BuyerKind as NormBuyerKind,
  type Nature as NormNature,
  type Procedure as NormProcedure,
  RULES_VERSION,
  regimeOn,
} from '@jonction/norms/ccp';
import { refuse } from '../refusals.ts';

/** The clock of buyers: the law's days are those of metropolitan France. */
export const TIME_ZONE = 'Europe/Paris';

/** What the rules need to know of a consultation's contract. */
export class ConsultationTerms {
  consultationId!: string;
  operator!: string;
  procedure!: Procedure;
  nature!: Nature;
  buyerKind!: BuyerKind;
  estimateCents!: bigint;
  urgent!: boolean;
  priorInformation!: boolean;
  onPaper!: boolean;

  /**
   * Judges a publication. Gives the version of the rules it was judged by. Throws PROCEDURE_UNFIT, and DEADLINE_TOO_EARLY with
   * the reason that ComputeDeadlines gives.
   */
  mustAllow(deadline: Date, dispatchedAt: Date, day: string): string {
    const { regime, cents, article } = regimeOf(this, day);
    if (regime === 'FORMAL' && this.procedure === 'PROCEDURE_ADAPTED')
      throw refuse('PROCEDURE_UNFIT', { threshold: Number(cents / 100n), article });
    // The first limit is the one that the notice gives: of the applications where there are any, else of the tenders.
    const first = duesOf(this, { dispatchedAt }).find(({ bound }) => bound === 'EARLIEST');
    if (first && deadline < first.at)
      throw refuse('DEADLINE_TOO_EARLY', {
        ...{ deadline: deadline.toISOString(), earliest: first.at.toISOString(), article: first.article },
        ...{ why_fr: first.fr, why_en: first.en },
      });
    return RULES_VERSION;
  }
}

/** Each step that the rules give a moment. */
export function duesOf(terms: Omit<Terms, '$type'>, moments: Moments): Due[] {
  const { urgent, priorInformation, onPaper } = terms;
  const circumstances = [
    ...(onPaper ? [] : ['ELECTRONIC' as const]),
    ...(urgent ? ['URGENT' as const] : []),
    ...(priorInformation ? ['PRIOR_INFORMATION' as const] : []),
  ];
  return dueDates({ estimate: estimateOf(terms), circumstances, moments, timeZone: TIME_ZONE, onPaper });
}

/** How freely a contract may be made, by the rules of a day. */
export const regimeOf = (terms: Omit<Terms, '$type'>, day: string) => regimeOn(estimateOf(terms), day);

/** Where its notice must appear, by the rules of a day. */
export const dutiesOf = (terms: Omit<Terms, '$type'>, day: string) => dutiesOn(estimateOf(terms), day);

/** The contract as the rules name it. */
function estimateOf({ procedure, nature, buyerKind, estimateCents }: Omit<Terms, '$type'>): Estimate {
  return {
    procedure: procedure.replace('PROCEDURE_', '') as NormProcedure,
    nature: nature.replace('NATURE_', '') as NormNature,
    buyer: buyerKind === 'BUYER_KIND_UNSPECIFIED' ? 'LOCAL' : (buyerKind.replace('BUYER_KIND_', '') as NormBuyerKind),
    cents: estimateCents,
  };
}

export { RULES_VERSION };
