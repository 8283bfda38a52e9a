import type { CommandContext } from '@jonction/commands';
import {
  ActBecameEnforceable,
  ActLegallyPublished,
  type MarkActPublishedRequest,
  type MarkActPublishedResponse,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Act } from '../domain/act.ts';
import { actMessage } from '../queries/act-message.ts';

export async function markActPublished(
  em: EntityManager,
  { requestId, actId, publishedOn, etag }: MarkActPublishedRequest,
  { now, caller }: CommandContext,
): Promise<MarkActPublishedResponse> {
  const fields = checkFields();
  fields.requestId(requestId);
  fields.uuid('act_id', actId);
  fields.day('published_on', publishedOn);
  fields.text('etag', etag, { min: 0, max: 40 });
  fields.done();
  const act = await em.findOneOrFail(Act, { actId, operator: caller.operator });
  act.mustBeActedForBy(caller.memberId);
  act.mustBeAt(etag);
  const { published, enforceable } = act.publish(publishedOn, now);
  record(em, ActLegallyPublished, published);
  if (enforceable) record(em, ActBecameEnforceable, enforceable);
  await em.flush();
  return { act: actMessage(act) };
}
