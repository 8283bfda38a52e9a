import { status } from '@grpc/grpc-js';

/** What kind of "no" it is; each maps to one gRPC status. */
export type Kind =
  | 'invalid'
  | 'refused'
  | 'not-found'
  | 'forbidden'
  | 'unauthenticated'
  | 'exists'
  | 'conflict'
  | 'unavailable'
  | 'exhausted';

export const statusOf: Record<Kind, status> = {
  invalid: status.INVALID_ARGUMENT,
  refused: status.FAILED_PRECONDITION,
  'not-found': status.NOT_FOUND,
  forbidden: status.PERMISSION_DENIED,
  unauthenticated: status.UNAUTHENTICATED,
  exists: status.ALREADY_EXISTS,
  conflict: status.ABORTED,
  unavailable: status.UNAVAILABLE,
  exhausted: status.RESOURCE_EXHAUSTED,
};

/** One field of the request that is wrong; `field` in proto names. */
export interface Violation {
  field: string;
  description: string;
}

/** A refusal in words: `{name}` is replaced by the fact of that name. `constraint` is the database's name for it. */
export interface RefusalText {
  kind: Kind;
  fr: string;
  en: string;
  constraint?: string;
}

/** Facts of a refusal: ids, dates, limits. Never what a person typed: they reach logs and traces. */
export type Facts = Record<string, string | number>;

/** A refusal a caller can act on. Whatever else is thrown is a defect and reaches the caller as INTERNAL, without detail. */
export class DomainError extends Error {
  override name = 'DomainError';
  readonly kind: Kind;
  readonly reason: string;
  readonly facts: Facts;
  readonly violations: Violation[];
  readonly text: { fr: string; en: string };

  constructor(reason: string, text: RefusalText, facts: Facts = {}, violations: Violation[] = []) {
    super(fill(text.en, facts));
    this.kind = text.kind;
    this.reason = reason;
    this.facts = facts;
    this.violations = violations;
    this.text = { fr: fill(text.fr, facts), en: fill(text.en, facts) };
  }
}

function fill(text: string, facts: Facts): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in facts ? String(facts[name]) : whole));
}

/** The values of a proto ErrorReason enum, without their prefix. */
export type ReasonOf<E> = Exclude<
  keyof E extends infer K ? (K extends `ERROR_REASON_${infer R}` ? R : never) : never,
  'UNSPECIFIED'
>;

/** Turns a service's table of refusals into `refuse(reason, facts)`, and keeps which constraint means which reason. */
export function refusals<R extends string>(table: Record<R, RefusalText>) {
  for (const [reason, text] of Object.entries<RefusalText>(table)) {
    if (text.constraint) reasonByConstraint.set(text.constraint, { reason, text });
  }
  return (reason: R, facts: Facts = {}, violations: Violation[] = []) =>
    new DomainError(reason, table[reason], facts, violations);
}

const reasonByConstraint = new Map<string, { reason: string; text: RefusalText }>();

/** The refusal that a violated database constraint stands for, when some refusals.ts names it. */
export function refusalOfConstraint(constraint: string | undefined): DomainError | undefined {
  const known = constraint === undefined ? undefined : reasonByConstraint.get(constraint);
  return known && new DomainError(known.reason, known.text);
}
