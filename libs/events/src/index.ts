export {
  type About,
  contextNameOf,
  type EventFields,
  type EventType,
  streamSubjects,
  subjectOf,
  subjectsOf,
  subjectsWithin,
} from './event.ts';
export { type Heard, handleAll, type Released, release } from './inbox.ts';
export { connectNats, natsOptions } from './nats.ts';
export { envelope, type Row, send } from './publish.ts';
export { mark, type RelayOptions, settle, startRelay } from './relay.ts';
export { type EventsOptions, startEvents } from './start.ts';
export { type Handler, on, type Subscription } from './subscription.ts';
export { type Cause, causedBy, newCause, record, schedule, writeUnit } from './unit.ts';
