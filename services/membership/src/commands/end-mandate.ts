import type { CommandContext } from '@jonction/commands';
import { type EndMandateRequest, type EndMandateResponse, MandateEnded } from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { Mandate, mustActFor } from '../domain/mandate.ts';
import { mandateMessage } from '../queries/mandate-message.ts';

/** The causes that say themselves. */
const BY_ITSELF = ['MANDATE_END_CAUSE_RENEWAL', 'MANDATE_END_CAUSE_BODY_CEASED', 'MANDATE_END_CAUSE_TRANSFER'];

export async function endMandate(
  em: EntityManager,
  { requestId, mandateId, cause, endedAt }: EndMandateRequest,
  { now, caller }: CommandContext,
): Promise<EndMandateResponse> {
  const fields = checkFields();
  fields.requestId(requestId);
  fields.uuid('mandate_id', mandateId);
  fields.known('cause', cause);
  fields.expect(!BY_ITSELF.includes(cause), 'cause', 'must be none that is recorded by itself');
  fields.done();
  const mandate = await em.findOneOrFail(Mandate, { mandateId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  mustActFor(mandate.memberId, caller.memberId);
  record(em, MandateEnded, mandate.end(cause, endedAt ?? now, now));
  await em.flush();
  return { mandate: mandateMessage(mandate) };
}
