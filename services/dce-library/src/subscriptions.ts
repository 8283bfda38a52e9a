import { accessSubscriptions } from '@jonction/commands';
import { ConsultationClosed, ConsultationPublished, DeadlineExtended } from '@jonction/contracts';
import { on } from '@jonction/events';
import { onConsultationClosed } from './handlers/on-consultation-closed.ts';
import { onConsultationPublished } from './handlers/on-consultation-published.ts';
import { onDeadlineExtended } from './handlers/on-deadline-extended.ts';

/** What the library hears. */
export const subscriptions = [
  on(ConsultationPublished, onConsultationPublished),
  on(DeadlineExtended, onDeadlineExtended),
  on(ConsultationClosed, onConsultationClosed),
  ...accessSubscriptions,
];
