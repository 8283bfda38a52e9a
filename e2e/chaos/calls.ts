import { createHash } from 'node:crypto';
import {
  ActServiceDefinition,
  ConsultationServiceDefinition,
  type EntitlementGranted,
  MembershipServiceDefinition,
} from '@jonction/contracts';
import { type CallerOptions, type Client, connectTo } from '@jonction/contracts/client';
import { actHeader, messagesOf } from '@jonction/testing';
import type { Kind } from './journal.ts';
import type { Servers } from './servers.ts';

/** One command as the driver means it. `by` is the subject of the caller's token. */
export interface Meant {
  kind: Kind;
  operator: string;
  by: string;
  requestId: string;
  asked: Record<string, string>;
}

/** What an answer says: the ids and times that the oracle needs, and all of it as text. */
export interface Answer {
  given: Record<string, string>;
  text: string;
}

export interface Calls extends Disposable {
  call(meant: Meant, deadlineMs: number): Promise<Answer>;
}

/** Tokens are renewed before they end. */
const RENEW_MS = 5 * 60_000;

/** The public gRPC of membership, procurement and teletransmission, one connection each. */
export function openCalls({ addresses, issuer }: Servers): Calls {
  const membership = connectTo(MembershipServiceDefinition, addresses.membership ?? '');
  const procurement = connectTo(ConsultationServiceDefinition, addresses.procurement ?? '');
  const acts = connectTo(ActServiceDefinition, addresses.teletransmission ?? '');
  const tokens = new Map<string, { token: Promise<string>; until: number }>();

  function tokenOf(subject: string): Promise<string> {
    const known = tokens.get(subject);
    if (known && known.until > Date.now()) return known.token;
    const token = issuer.sign({ subject });
    tokens.set(subject, { token, until: Date.now() + RENEW_MS });
    return token;
  }

  const send = { ...membershipCalls(membership), ...procurementCalls(procurement), ...actCalls(acts) } satisfies Record<
    Kind,
    Send
  >;

  return {
    async call({ kind, operator, by, requestId, asked }, deadlineMs) {
      const options = { token: await tokenOf(by), operator, deadlineMs };
      const [answer, given] = await send[kind]({ ...asked, requestId }, options);
      return { given, text: JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? String(value) : value)) };
    },
    [Symbol.dispose]() {
      membership[Symbol.dispose]();
      procurement[Symbol.dispose]();
      acts[Symbol.dispose]();
    },
  };
}

type Asked = Record<string, string> & { requestId: string };
/** The whole answer, and what the oracle needs of it. */
type Send = (asked: Asked, options: CallerOptions) => Promise<[object, Record<string, string>]>;

function membershipCalls(membership: Client<typeof MembershipServiceDefinition>) {
  return {
    async admit({ requestId, name }: Asked, options: CallerOptions): ReturnType<Send> {
      const answer = await membership.admitMember(
        { requestId, name: name ?? '', kind: 'ORGANIZATION_KIND_COMMUNE', departementCode: '21' },
        options,
      );
      return [answer, { memberId: answer.member?.memberId ?? '' }];
    },
    async enrol({ requestId, memberId, subject }: Asked, options: CallerOptions): ReturnType<Send> {
      const asked = { requestId, memberId: memberId ?? '', subject: subject ?? '', displayName: 'Agent' };
      const answer = await membership.enrolAgent(asked, options);
      return [answer, { agentId: answer.agent?.agentId ?? '' }];
    },
    async grant({ requestId, agentId, role }: Asked, options: CallerOptions): ReturnType<Send> {
      const answer = await membership.grantEntitlement(
        { requestId, agentId: agentId ?? '', role: roleOf(role) },
        options,
      );
      return [answer, { entitlementId: answer.entitlement?.entitlementId ?? '' }];
    },
    async revoke({ requestId, agentId, role }: Asked, options: CallerOptions): ReturnType<Send> {
      const answer = await membership.revokeEntitlement(
        { requestId, agentId: agentId ?? '', role: roleOf(role) },
        options,
      );
      return [answer, { revokedAt: answer.revokedAt?.toISOString() ?? '' }];
    },
  } satisfies Partial<Record<Kind, Send>>;
}

function procurementCalls(procurement: Client<typeof ConsultationServiceDefinition>) {
  return {
    async create({ requestId, memberId, title, deadline }: Asked, options: CallerOptions): ReturnType<Send> {
      const asked = { requestId, memberId: memberId ?? '', title: title ?? '', deadline: new Date(deadline ?? '') };
      const answer = await procurement.createConsultation(asked, options);
      return [answer, { consultationId: answer.consultation?.consultationId ?? '' }];
    },
    async publish({ requestId, consultationId }: Asked, options: CallerOptions): ReturnType<Send> {
      const answer = await procurement.publishConsultation(
        { requestId, consultationId: consultationId ?? '' },
        options,
      );
      return [answer, {}];
    },
    async extend({ requestId, consultationId, deadline }: Asked, options: CallerOptions): ReturnType<Send> {
      const asked = { requestId, consultationId: consultationId ?? '', deadline: new Date(deadline ?? '') };
      const answer = await procurement.extendConsultation(asked, options);
      return [answer, { deadline: answer.consultation?.deadline?.toISOString() ?? '' }];
    },
    async close({ requestId, consultationId }: Asked, options: CallerOptions): ReturnType<Send> {
      const answer = await procurement.closeConsultation({ requestId, consultationId: consultationId ?? '' }, options);
      return [answer, { closedAt: answer.consultation?.closedAt?.toISOString() ?? '' }];
    },
  } satisfies Partial<Record<Kind, Send>>;
}

function actCalls(acts: Client<typeof ActServiceDefinition>) {
  return {
    async deposit({ requestId, memberId, number }: Asked, options: CallerOptions): ReturnType<Send> {
      const document = documentOf(requestId);
      const sha256 = createHash('sha256').update(document).digest('hex');
      const header = actHeader(memberId ?? '', document, { requestId, number });
      const answer = await acts.depositAct(messagesOf(header, document), options);
      return [answer, { actId: answer.act?.actId ?? '', sha256 }];
    },
    async declare({ requestId, actId, day }: Asked, options: CallerOptions): ReturnType<Send> {
      return [await acts.markActPublished({ requestId, actId: actId ?? '', publishedOn: day ?? '' }, options), {}];
    },
  } satisfies Partial<Record<Kind, Send>>;
}

/** The same bytes whenever the command is sent again; no other command has them. */
function documentOf(requestId: string): Buffer {
  return Buffer.from(`%PDF-1.7\n% ${requestId}\n${'x'.repeat(20_000)}\n%%EOF\n`);
}

const roleOf = (role: string | undefined) => role as EntitlementGranted['role'];
