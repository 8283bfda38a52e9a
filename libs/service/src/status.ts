import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import type { Refusal } from '@jonction/contracts';
import { BadRequest, ErrorInfo, LocalizedMessage, Status } from '@jonction/contracts';
import { DomainError, refusalOfConstraint, statusOf } from './refusal.ts';
import { refuse } from './refusals.ts';

/** What is thrown, as what the caller may know: a DomainError, or undefined when it is a defect of ours. */
export function refusalOf(error: unknown): DomainError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof DomainError) return cause;
    const { code, constraint } = cause as { code?: unknown; constraint?: string };
    if (code === '23505' || code === '23P01') return refusalOfConstraint(constraint) ?? refuse('ALREADY_EXISTS');
    if (isConnectionLoss(code, cause)) return refuse('DATABASE_UNAVAILABLE');
  }
  return undefined;
}

/** The network lost it; or PostgreSQL is short of something (53), in the way (55), told to stop (57) or broken (58). */
const LOST =
  /^(E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|NOTFOUND|AI_AGAIN|HOSTUNREACH|NETUNREACH)|08.{3}|53.{3}|55.{3}|57.{3}|58.{3}|25006)$/;

function isConnectionLoss(code: unknown, error: Error): boolean {
  if (typeof code === 'string' && LOST.test(code)) return true;
  return /Connection terminated|connection timeout|timeout exceeded when trying to connect|Client has encountered a connection error/i.test(
    error.message,
  );
}

/** Two wrote the next event of one aggregate, or the same request_id: the second must look again. */
const RACES = new Set(['outbox_operator_aggregate_id_seq_key', 'idempotency_pkey']);

/** True when running the same thing again may succeed: others wrote at the same time. */
export function isConflict(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === 'OptimisticLockError') return true;
    const { code, constraint } = cause as { code?: unknown; constraint?: string };
    if (code === '40001' || code === '40P01' || (constraint !== undefined && RACES.has(constraint))) return true;
  }
  return false;
}

/** The gRPC status with ErrorInfo, field violations and a message in French and in English. `domain` is the service. */
export function toStatus(error: unknown, domain: string): StatusObject {
  const refusal = refusalOf(error);
  if (!refusal) return { code: status.INTERNAL, details: 'internal error', metadata: new Metadata() };
  const code = statusOf[refusal.kind];
  const metadata = new Metadata();
  metadata.set(
    'grpc-status-details-bin',
    Buffer.from(
      Status.encode(Status.fromPartial({ code, message: refusal.message, details: details(refusal, domain) })).finish(),
    ),
  );
  return { code, details: `${refusal.reason}: ${refusal.message}`, metadata };
}

function details(refusal: DomainError, domain: string) {
  const facts = Object.fromEntries(Object.entries(refusal.facts).map(([name, value]) => [name, String(value)]));
  const list = [
    any(ErrorInfo, { reason: refusal.reason, domain: `${domain}.jonction`, metadata: facts }),
    any(LocalizedMessage, { locale: 'fr', message: refusal.text.fr }),
    any(LocalizedMessage, { locale: 'en', message: refusal.text.en }),
  ];
  if (refusal.violations.length > 0) list.push(any(BadRequest, { fieldViolations: refusal.violations }));
  return list;
}

function any<T>(type: { $type: string; encode(message: T): { finish(): Uint8Array } }, message: T) {
  return { typeUrl: `type.googleapis.com/${type.$type}`, value: Buffer.from(type.encode(message).finish()) };
}

/** The same refusal as one item of a bulk answer carries it. */
export function toRefusal(error: unknown): Refusal {
  const refusal = refusalOf(error);
  if (!refusal) {
    return {
      code: status.INTERNAL,
      reason: 'INTERNAL',
      messageFr: 'Erreur interne.',
      messageEn: 'Internal error.',
      fields: [],
    };
  }
  return {
    code: statusOf[refusal.kind],
    reason: refusal.reason,
    messageFr: refusal.text.fr,
    messageEn: refusal.text.en,
    fields: refusal.violations.map((violation) => violation.field),
  };
}
