export { type ConsumeOptions, startConsumers } from './consume.ts';
export {
  type About,
  contextNameOf,
  type EventFields,
  type EventType,
  streamSubjects,
  subjectOf,
  subjectsOf,
} from './event.ts';
export { type Heard, handleAll, type Released, release } from './inbox.ts';
export { connectNats } from './nats.ts';
export { envelope, mark, type RelayOptions, type Row, send, settle, startRelay } from './relay.ts';
export { type EventsOptions, startEvents } from './start.ts';
export { type Handler, on, type Subscription } from './subscription.ts';
export { provisionStreams, type Speaker } from './topology.ts';
export { type Cause, causedBy, newCause, record, schedule, writeUnit } from './unit.ts';
