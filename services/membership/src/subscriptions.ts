import {
  ActsHeld,
  ActsHoldRefused,
  ActsReattached,
  ActsReleased,
  ConsultationsHeld,
  ConsultationsReattached,
  ConsultationsReleased,
  ShelvesReattached,
} from '@jonction/contracts';
import { on } from '@jonction/events';
import { onActsHoldRefused } from './handlers/on-acts-hold-refused.ts';
import { held } from './handlers/on-consultations-held.ts';
import { reattached } from './handlers/on-consultations-reattached.ts';
import { released } from './handlers/on-consultations-released.ts';

/** What membership hears: how far the services have come with an operation on the territory. */
export const subscriptions = [
  on(ConsultationsHeld, held('procurement')),
  on(ActsHeld, held('teletransmission')),
  on(ActsHoldRefused, onActsHoldRefused),
  on(ConsultationsReleased, released('procurement')),
  on(ActsReleased, released('teletransmission')),
  on(ConsultationsReattached, reattached('procurement')),
  on(ActsReattached, reattached('teletransmission')),
  on(ShelvesReattached, reattached('dce_library')),
];
