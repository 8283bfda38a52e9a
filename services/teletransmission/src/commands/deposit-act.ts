import type { CommandContext, UploadShape } from '@jonction/commands';
import { ActDeposited, DepositActHeader, type DepositActRequest, type DepositActResponse } from '@jonction/contracts';
import { DocumentRefusal, type Documents, type RefusalReason } from '@jonction/documents';
import { record } from '@jonction/events';
import { checkFields, DomainError, sql } from '@jonction/service';
import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { Act, mustBeDecided, NUMBER, SUBJECT_CODE } from '../domain/act.ts';
import { KnownMember } from '../domain/known-member.ts';
import { onlyPdf } from '../domain/pdf.ts';
import { KnownDelegation, KnownMandate, type Title, titleOf } from '../domain/signing-right.ts';
import { scheduleSending } from '../jobs/send-act.ts';
import { actMessage } from '../queries/act-message.ts';
import { refuse } from '../refusals.ts';

/** The most that the prefecture takes: 150 MiB. */
const LARGEST_DOCUMENT = 150 * 1024 * 1024;
const MOST_CENTS = 1_000_000_000_000_000n;
/** A mandate that ended lets nobody sign a second later; what is left of it is for the commit. */
const OLDEST_KNOWLEDGE_MS = 900;

/** Waits until all that membership had said is handled, and gives when it was asked; undefined when that cannot be known. */
export type CatchUp = () => Promise<number | undefined>;

/**
 * Takes an act in: judged by its header, kept as a document, recorded with its sending. Before one that names its signatory is
 * recorded, what membership has said of mandates until then is heard: the copy may be late, and such a signature may be a
 * forgery in law.
 */
export function depositAct({ documents, catchUp }: { documents: Documents; catchUp: CatchUp }): Deposit {
  /** When it was asked what is known of mandates, by deposit; the header is one object all along. */
  const knownAt = new WeakMap<DepositActHeader, number>();
  return {
    headerType: DepositActHeader,
    part: ({ part }) => part ?? {},
    async check(em, header, context) {
      await judge(em, header, context);
      const { memberId, number } = header;
      if (await em.findOne(Act, { authorMemberId: memberId, number })) throw refuse('NUMBER_TAKEN');
    },
    async keep(header, bytes, operator) {
      await keep(documents, header, bytes, operator);
      if (header.signatoryAgentId === '') return;
      const at = await catchUp();
      if (at !== undefined) knownAt.set(header, at);
    },
    run: (em, header, context) => recordAct(em, header, context, knownAt.get(header)),
  };
}

type Deposit = UploadShape<DepositActRequest, DepositActHeader, DepositActResponse>;

async function recordAct(
  em: EntityManager,
  header: DepositActHeader,
  context: CommandContext,
  knownAt: number | undefined,
): Promise<DepositActResponse> {
  await judge(em, header, context);
  const title = await titleOfSignatory(em, header, { now: context.now, knownAt });
  const { memberId, number, nature, subject, subjectCode, decidedOn, documentSha256 } = header;
  const act = em.create(Act, {
    ...{ actId: uuidv7(), operator: context.caller.operator, memberId, authorMemberId: memberId },
    ...{ number, nature, subject, subjectCode, decidedOn, documentSha256 },
    documentSize: Number(header.documentSize),
    envelopeId: uuidv7(),
    status: 'ACT_STATUS_DEPOSITED',
    depositedAt: context.now,
    ...{ transmittedAt: null, receivedOn: null, prefectureActId: null, publishedOn: null, enforceableOn: null },
    ...{ anomalyCode: null, anomalyDetail: null, version: 1 },
    ...{ signatoryAgentId: header.signatoryAgentId || null, amountCents: Number(header.amountCents) },
    ...{ mandateId: title?.mandateId ?? null, delegationId: title?.delegationId || null },
  });
  record(em, ActDeposited, act.deposit(context.now));
  scheduleSending(em, act, { at: context.now, tries: 0 });
  return { act: actMessage(act) };
}

/** Refuses what a header alone shows to be wrong. */
async function judge(em: EntityManager, header: DepositActHeader, { now, caller }: CommandContext): Promise<void> {
  const { memberId, number, nature, subject, subjectCode, decidedOn, documentSha256, documentSize } = header;
  const fields = checkFields();
  fields.requestId(header.requestId);
  fields.uuid('member_id', memberId);
  fields.expect(NUMBER.test(number), 'number', 'must have 1 to 15 of A-Z 0-9 _, no _ at either end');
  fields.known('nature', nature);
  fields.text('subject', subject, { max: 499 });
  fields.expect(SUBJECT_CODE.test(subjectCode), 'subject_code', 'must have two to five levels, as in 7.1');
  fields.day('decided_on', decidedOn);
  fields.expect(
    /^[0-9a-f]{64}$/.test(documentSha256),
    'document_sha256',
    'must be 64 hexadecimal digits in lower case',
  );
  fields.expect(documentSize >= 0n, 'document_size', 'must be a number of bytes');
  fields.uuid('signatory_agent_id', header.signatoryAgentId, { optional: true });
  const amount = header.amountCents >= 0n && header.amountCents <= MOST_CENTS;
  fields.expect(amount, 'amount_cents', 'must be 0 to 10^15');
  fields.done();
  const member = await authorityThatBegins(em, memberId);
  if (!member) throw refuse('NOT_A_MEMBER');
  if (caller.memberId !== '' && caller.memberId !== memberId) throw refuse('OTHER_MEMBER');
  member.mustBegin();
  mustBeDecided(decidedOn, now);
  if (documentSize === 0n) throw refuse('DOCUMENT_EMPTY');
  if (documentSize > LARGEST_DOCUMENT) throw refuse('DOCUMENT_TOO_LARGE', { limit: LARGEST_DOCUMENT });
}

// News of a mandate that could not be acted upon: until somebody looks at it, nobody's right is known.
const UNHEARD = `
  select 1 from parked where released_at is null and context = 'membership' and member_id = $1
    and type similar to '%.(Mandate|SigningDelegation)%' limit 1`;

/** By what the signatory signs; undefined when it is not said who does. Throws SIGNATORY_UNFIT, SIGNING_RIGHTS_UNCERTAIN. */
async function titleOfSignatory(
  em: EntityManager,
  { memberId, nature, amountCents, signatoryAgentId: agentId }: DepositActHeader,
  { now, knownAt }: { now: Date; knownAt: number | undefined },
): Promise<Title | undefined> {
  if (agentId === '') return undefined;
  if (knownAt === undefined || performance.now() - knownAt > OLDEST_KNOWLEDGE_MS)
    throw refuse('SIGNING_RIGHTS_UNCERTAIN');
  if ((await sql(em, UNHEARD, [memberId])).length > 0) throw refuse('SIGNING_RIGHTS_UNCERTAIN');
  const mandates = await em.find(KnownMandate, { memberId, ended: false });
  const delegations = await em.find(KnownDelegation, { memberId, agentId, revoked: false });
  const title = titleOf(mandates, delegations, { agentId, nature, amountCents: Number(amountCents), at: now });
  if (!title) throw refuse('SIGNATORY_UNFIT');
  return title;
}

/**
 * The member that begins something, locked to the end of the transaction against being held by a merge: what begins is there
 * before its running work is counted and moved, or is refused. Of many in one transaction the first takes the lock.
 */
async function authorityThatBegins(em: EntityManager, memberId: string): Promise<KnownMember | null> {
  const known = em.getUnitOfWork().getById<KnownMember>(KnownMember, memberId as never);
  return known ?? em.findOne(KnownMember, { memberId }, { lockMode: LockMode.PESSIMISTIC_READ });
}

/** Keeps the document for good before any row names it. When it throws, nothing of it is left. */
async function keep(
  documents: Documents,
  { documentSha256: sha256, documentSize }: DepositActHeader,
  bytes: AsyncIterable<Uint8Array>,
  operator: string,
): Promise<void> {
  const size = Number(documentSize);
  try {
    await documents.put(operator, onlyPdf(bytes, size), { sha256, size, maxBytes: LARGEST_DOCUMENT });
  } catch (error) {
    if (!(error instanceof DocumentRefusal)) throw error;
    // What was refused while the bytes passed, by onlyPdf or by the reader of the messages.
    if (error.cause instanceof DomainError) throw error.cause;
    throw refuse(REASONS[error.reason], { announced: size, limit: LARGEST_DOCUMENT });
  }
}

const REASONS = {
  EMPTY: 'DOCUMENT_EMPTY',
  TOO_LARGE: 'DOCUMENT_TOO_LARGE',
  SIZE_MISMATCH: 'DOCUMENT_SIZE_WRONG',
  HASH_MISMATCH: 'DOCUMENT_HASH_WRONG',
  INTERRUPTED: 'UPLOAD_INTERRUPTED',
} as const satisfies Record<RefusalReason, string>;
