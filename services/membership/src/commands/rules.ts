import type { EntityManager } from '@mikro-orm/postgresql';
import { OperatorRules, type Rules } from '../domain/operator-rules.ts';

/** The rules of the operator whose rows `em` sees. */
export async function rulesOf(em: EntityManager, operator: string): Promise<Rules> {
  return (await em.findOneOrFail(OperatorRules, { operator })).rules;
}
