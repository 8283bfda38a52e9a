import type { MessageType } from '@jonction/contracts/client';

/** What fields 1 to 3 of every event give: its operator, its member (may be empty), and its aggregate. */
export interface EventFields {
  operator: string;
  memberId: string;
}

/** An event as generated from an events.proto. */
export type EventType<E extends EventFields = EventFields> = MessageType<E>;

/** What is known of an event beside its body. */
export interface About {
  id: string;
  /** `jonction.procurement.v1.ConsultationPublished`. */
  type: string;
  operator: string;
  memberId: string;
  aggregateId: string;
  /** Count of the aggregate's events, from 1, without gap. */
  seq: number;
  time: Date;
  traceparent: string;
  causation: string;
  correlation: string;
}

const TOKEN = /^[A-Za-z0-9_-]+$/;

/** `evt.<context>.v1.<EventName>.<operator>.<member>`; `_` stands for no member. The only place that makes a subject. */
export function subjectOf(type: string, operator: string, memberId: string): string {
  const [, context, version, name] = type.split('.');
  const tokens = [context, version, name, operator, memberId || '_'];
  for (const token of tokens) {
    if (!token || !TOKEN.test(token))
      throw new Error(`an event's subject needs plain tokens, and one of ${type} is not`);
  }
  return `evt.${tokens.join('.')}`;
}

/** Every subject of one event type, for a filter or a permission. */
export function subjectsOf(type: string): string {
  const [, context, version, name] = type.split('.');
  return `evt.${context}.${version}.${name}.>`;
}

/** What one operator says: all of a context (version 1), or one event; of all its members, or of one. For a partner's filter. */
export function subjectsWithin(context: string, operator: string, { event = '*', memberId = '*' } = {}): string {
  for (const token of [context, operator, ...[event, memberId].filter((one) => one !== '*')]) {
    if (!TOKEN.test(token)) throw new Error(`"${token}" cannot stand in a subject: letters, digits, - and _ can`);
  }
  return `evt.${context}.v1.${event}.${operator}.${memberId}`;
}

/** A context's stream bears its name and takes all it says. */
export function streamSubjects(context: string): string {
  return `evt.${context}.>`;
}

/** `jonction.dce_library.v1.ShelfOpened` → `dce_library`, which also names the stream. */
export function contextNameOf(type: string): string {
  const [, context] = type.split('.');
  if (!context) throw new Error(`${type} is no event type`);
  return context;
}

const aggregateFields = new Map<string, string>();

/** The aggregate's id: field 3 of the event, as the contract says. */
export function aggregateIdOf<E extends EventFields>(type: EventType<E>, event: E): string {
  let field = aggregateFields.get(type.$type);
  if (field === undefined) {
    // ts-proto writes a message's fields in the order of their numbers.
    field = Object.keys(type.fromPartial({}))[2] ?? '';
    aggregateFields.set(type.$type, field);
  }
  return (event as unknown as Record<string, string>)[field] ?? '';
}
