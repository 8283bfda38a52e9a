import type { CommandContext, UploadShape } from '@jonction/commands';
import { ActDeposited, DepositActHeader, type DepositActRequest, type DepositActResponse } from '@jonction/contracts';
import { DocumentRefusal, type Documents, type RefusalReason } from '@jonction/documents';
import { record } from '@jonction/events';
import { checkFields, DomainError } from '@jonction/service';
import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { Act, mustBeDecided, NUMBER, SUBJECT_CODE } from '../domain/act.ts';
import { KnownMember } from '../domain/known-member.ts';
import { onlyPdf } from '../domain/pdf.ts';
import { scheduleSending } from '../jobs/send-act.ts';
import { actMessage } from '../queries/act-message.ts';
import { refuse } from '../refusals.ts';

/** The most that the prefecture takes: 150 MiB. */
const LARGEST_DOCUMENT = 150 * 1024 * 1024;

/** Takes an act in: judged by its header, kept as a document, recorded with its sending. */
export function depositAct(documents: Documents): UploadShape<DepositActRequest, DepositActHeader, DepositActResponse> {
  return {
    headerType: DepositActHeader,
    part: ({ part }) => part ?? {},
    async check(em, header, context) {
      await judge(em, header, context);
      const { memberId, number } = header;
      if (await em.findOne(Act, { authorMemberId: memberId, number })) throw refuse('NUMBER_TAKEN');
    },
    keep: (header, bytes, operator) => keep(documents, header, bytes, operator),
    run: recordAct,
  };
}

async function recordAct(
  em: EntityManager,
  header: DepositActHeader,
  context: CommandContext,
): Promise<DepositActResponse> {
  await judge(em, header, context);
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
  fields.done();
  const member = await authorityThatBegins(em, memberId);
  if (!member) throw refuse('NOT_A_MEMBER');
  if (caller.memberId !== '' && caller.memberId !== memberId) throw refuse('OTHER_MEMBER');
  member.mustBegin();
  mustBeDecided(decidedOn, now);
  if (documentSize === 0n) throw refuse('DOCUMENT_EMPTY');
  if (documentSize > LARGEST_DOCUMENT) throw refuse('DOCUMENT_TOO_LARGE', { limit: LARGEST_DOCUMENT });
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
