import type { EntityManager } from '@mikro-orm/postgresql';
import type { About, EventFields, EventType } from './event.ts';

/** Reacts to one event. It touches its `em` alone; what it changes and records is committed with the event's receipt. */
export type Handler<E> = (em: EntityManager, event: E, about: About) => Promise<void> | void;

/** One line of a service's subscriptions.ts. */
export interface Subscription {
  readonly type: EventType;
  readonly handler: Handler<never>;
}

/** Hears an event: `on(ConsultationPublished, onConsultationPublished)`. A handler of another event does not compile. */
export function on<E extends EventFields>(type: EventType<E>, handler: Handler<E>): Subscription {
  return { type: type as unknown as EventType, handler };
}
