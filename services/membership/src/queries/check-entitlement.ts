import { allow } from '@jonction/commands';
import { type CheckEntitlementRequest, CheckEntitlementResponse } from '@jonction/contracts';
import { type Call, checkFields, type Database, inOperator, type RouteFor, transact } from '@jonction/service';
import { decide, type Entitled } from '../domain/entitled.ts';
import { findEntitled } from './entitled.ts';
import type { Entitlements } from './entitlement-memory.ts';

const NEEDED = 'identity.read';
const RIGHT = /^[a-z_]{1,40}\.[a-z_]{1,40}$/;

type Route = RouteFor<CheckEntitlementRequest, CheckEntitlementResponse>;

/** Answers from memory, the caller's own right included; about the past, from the database. */
export function checkEntitlement(database: Database, entitlements: Entitlements): Route {
  async function answer({ operator, subject }: Call, asked: unknown): Promise<Uint8Array> {
    const request = asked as CheckEntitlementRequest;
    const held = entitlements.of(operator);
    const known = held instanceof Promise ? await held : held;
    const own = known.bySubject.get(subject);
    const caller = allow(own && { ...own, operator }, NEEDED);
    check(request);
    const now = request.agentId ? known.byId.get(request.agentId) : known.bySubject.get(request.subject);
    const agent = request.asOf ? await findPast(database, operator, request) : now;
    return CheckEntitlementResponse.encode(decide(agent, request, caller.memberId)).finish();
  }
  return { kind: 'unary', right: NEEDED, counted: true, answer };
}

async function findPast(
  database: Database,
  operator: string,
  { agentId, subject, asOf: at }: CheckEntitlementRequest,
): Promise<Entitled | undefined> {
  const em = inOperator(database, operator);
  const which = agentId ? { agentIds: [agentId], at } : { subject, at };
  return (await transact(em, () => findEntitled(em, which)))[0];
}

function check({ subject, agentId, right, role, memberId, asOf }: CheckEntitlementRequest): void {
  const fields = checkFields();
  fields.expect(subject !== '' || agentId !== '', 'subject', 'must be given, or agent_id');
  fields.text('subject', subject, { min: 0, max: 128 });
  fields.uuid('agent_id', agentId, { optional: true });
  fields.expect(right !== '' || role !== 'ROLE_UNSPECIFIED', 'right', 'must be given, or role');
  fields.expect(right === '' || RIGHT.test(right), 'right', 'must be the name of a right, such as procurement.publish');
  fields.known('role', role, { optional: true });
  fields.uuid('member_id', memberId, { optional: true });
  fields.time('as_of', asOf);
  fields.done();
}
