import type { ComputeDeadlinesRequest, ComputeDeadlinesResponse, Terms } from '@jonction/contracts';
import { dayOf } from '@jonction/norms/ccp';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { checkTerms } from '../commands/check-terms.ts';
import { duesOf, dutiesOf, RULES_VERSION, regimeOf, TIME_ZONE } from '../domain/terms.ts';

/** Nothing is looked up: the rules come with the code. */
export async function computeDeadlines(
  _: EntityManager,
  request: ComputeDeadlinesRequest,
  { now }: { now: Date },
): Promise<ComputeDeadlinesResponse> {
  const fields = checkFields();
  fields.expect(request.terms !== undefined, 'terms', 'must be given');
  if (request.terms) checkTerms(fields, request.terms);
  for (const name of MOMENTS)
    fields.expect(isTime(request[name]), snake(name), 'must be a time of the years 2000 to 2100');
  fields.done();
  const terms = request.terms as Terms;
  const dispatchedAt = request.dispatchedAt ?? now;
  const day = dayOf(dispatchedAt, TIME_ZONE);
  const { regime, article } = regimeOf(terms, day);
  return {
    rulesVersion: RULES_VERSION,
    regime: `REGIME_${regime}`,
    regimeArticle: article,
    duties: dutiesOf(terms, day).map(({ support, ...why }) => ({ support: `SUPPORT_${support}` as const, ...why })),
    dues: duesOf(terms, { ...request, dispatchedAt }).map(({ step, bound, fr, en, ...due }) => ({
      ...due,
      step: `PROCEDURE_STEP_${step}` as const,
      bound: `BOUND_${bound}` as const,
      explanationFr: fr,
      explanationEn: en,
    })),
  };
}

const MOMENTS = ['dispatchedAt', 'invitedAt', 'deadline', 'rejectionsSentAt', 'signedAt', 'notifiedAt'] as const;

function isTime(at: Date | undefined): boolean {
  return at === undefined || (at.getUTCFullYear() >= 2000 && at.getUTCFullYear() <= 2100);
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
