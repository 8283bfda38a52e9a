export { readSettings, type Settings, settings, withSecrets, z } from './config.ts';
export { type Database, inOperator, mustBeNew, openDatabase, sql, transact } from './database.ts';
export { checkFields, checkRequest, containing, searchable, UUID } from './fields.ts';
export { type Identify, identifyBy } from './identity.ts';
export { LARGEST_REQUEST, listen, STOP_WITHIN_MS } from './listen.ts';
export { defect, log } from './log.ts';
export { DomainError, type Facts, type ReasonOf, type RefusalText, refusals, type Violation } from './refusal.ts';
export { refuse } from './refusals.ts';
export type {
  Call,
  Route,
  RouteFor,
  Routes,
} from './route.ts';
export { ConfigError, runUntilSignal } from './run.ts';
export { isConflict, refusalOf, toRefusal, toStatus } from './status.ts';
export {
  type Context,
  contextOf,
  fail,
  inSpan,
  inside,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  startSpan,
  traceIdOf,
  traceparentOf,
} from './tracing.ts';
