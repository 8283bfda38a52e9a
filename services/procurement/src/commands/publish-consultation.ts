import type { CommandContext } from '@jonction/commands';
import type { PublishConsultationRequest, PublishConsultationResponse } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';

import { consultationMessage } from '../queries/consultation-message.ts';

import { loadConsultation } from './load-consultation.ts';
import { publish } from './publishing.ts';

export async function publishConsultation(
  em: EntityManager,
  request: PublishConsultationRequest,
  { now, caller }: CommandContext,
): Promise<PublishConsultationResponse> {
  const consultation = await loadConsultation(em, request, caller);
  await publish(em, consultation, now, caller.agentId);
  await em.flush();
  return { consultation: consultationMessage(consultation) };
}
