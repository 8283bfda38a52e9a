import { accessSubscriptions } from '@jonction/commands';
import {
  ConsultationClosed,
  ConsultationPublished,
  ConsultationsReattached,
  ConsultationTransferred,
  DeadlineExtended,
} from '@jonction/contracts';
import { on } from '@jonction/events';
import { onConsultationClosed } from './handlers/on-consultation-closed.ts';
import { onConsultationPublished } from './handlers/on-consultation-published.ts';
import { onConsultationTransferred } from './handlers/on-consultation-transferred.ts';
import { onConsultationsReattached } from './handlers/on-consultations-reattached.ts';
import { onDeadlineExtended } from './handlers/on-deadline-extended.ts';

/** What the library hears. */
export const subscriptions = [
  on(ConsultationPublished, onConsultationPublished),
  on(DeadlineExtended, onDeadlineExtended),
  on(ConsultationClosed, onConsultationClosed),
  on(ConsultationTransferred, onConsultationTransferred),
  on(ConsultationsReattached, onConsultationsReattached),
  ...accessSubscriptions,
];
