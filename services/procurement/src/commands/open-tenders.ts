import type { CommandContext } from '@jonction/commands';
import { type OpenTendersRequest, type OpenTendersResponse, TendersOpened } from '@jonction/contracts';
import { record } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Lot } from '../domain/lot.ts';
import { consultationMessage } from '../queries/consultation-message.ts';
import { loadConsultation } from './load-consultation.ts';

export async function openTenders(
  em: EntityManager,
  request: OpenTendersRequest,
  { now, caller }: CommandContext,
): Promise<OpenTendersResponse> {
  const consultation = await loadConsultation(em, request, caller);
  record(em, TendersOpened, consultation.open(now));
  const { consultationId } = consultation;
  const lots = await em.find(Lot, { consultationId });
  for (const lot of lots) lot.open(now);
  consultation.endWith(lots);
  await em.flush();
  return { consultation: consultationMessage(consultation) };
}
