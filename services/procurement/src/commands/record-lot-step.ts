import type { CommandContext } from '@jonction/commands';
import {
  ContractCompleted,
  ContractNotified,
  ContractSigned,
  LotAwarded,
  LotClosedWithoutContract,
  type LotStepKind,
  type RecordLotStepRequest,
  type RecordLotStepResponse,
  RejectionLettersSent,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkSiret } from '@jonction/norms';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import type { Consultation } from '../domain/consultation.ts';
import { Lot, RecordedLotStep } from '../domain/lot.ts';
import { ConsultationTerms, duesOf } from '../domain/terms.ts';
import { consultationMessage } from '../queries/consultation-message.ts';
import { lotMessage } from '../queries/lot-message.ts';
import { loadConsultation } from './load-consultation.ts';

const DECISION = /^[A-Za-z0-9_./-]{1,60}$/;
const DECIDED: LotStepKind[] = ['LOT_STEP_KIND_AWARD', 'LOT_STEP_KIND_UNSUCCESSFUL', 'LOT_STEP_KIND_DISCONTINUATION'];
const MOST_SUPPLIERS = 20;

/** Takes one lot a step further, and says so; the consultation ends with its last lot. */
export async function recordLotStep(
  em: EntityManager,
  request: RecordLotStepRequest,
  { now, caller }: CommandContext,
): Promise<RecordLotStepResponse> {
  check(request);
  const { kind, decisionRef, supplierSirets, amountCents, tendersReceived, lotNumber } = request;
  const consultation = await loadConsultation(em, { ...request, etag: '' }, caller);
  const { operator, consultationId } = consultation;
  const lots = await em.find(Lot, { consultationId });
  const lot =
    lots.find((one) => one.lotNumber === lotNumber) ?? (await em.findOneOrFail(Lot, { consultationId, lotNumber }));
  const at = request.occurredAt ?? now;
  const terms = await em.findOne(ConsultationTerms, { consultationId });
  const formal = terms !== null && !UNSTAGED.includes(terms.procedure);
  lot.take({
    ...{ kind, at, now, formal, signFrom: signingFrom(terms, at, request.onPaper) },
    ...(kind === 'LOT_STEP_KIND_AWARD' ? { award: { supplierSirets, amountCents, tendersReceived } } : {}),
  });
  tell(em, consultation, lot, { kind, at, tendersReceived });
  consultation.endWith(lots);
  em.create(RecordedLotStep, {
    ...{ stepId: uuidv7(), operator, consultationId, lotNumber, kind, occurredAt: at, decisionRef },
    ...{ supplierSirets, amountCents, tendersReceived, recordedAt: now, recordedByAgentId: caller.agentId },
  });
  await em.flush();
  return { lot: lotMessage(lot), consultation: consultationMessage(consultation) };
}

/** Procedures in which nobody has to wait for the judge. */
const UNSTAGED = ['PROCEDURE_UNSPECIFIED', 'PROCEDURE_ADAPTED', 'PROCEDURE_WITHOUT_COMPETITION'];

function signingFrom(terms: ConsultationTerms | null, rejectionsSentAt: Date, onPaper: boolean): Date | undefined {
  if (!terms) return undefined;
  const told = { ...terms, onPaper: onPaper || terms.onPaper };
  const dues = duesOf(told, { dispatchedAt: rejectionsSentAt, rejectionsSentAt });
  return dues.find(({ step }) => step === 'STANDSTILL')?.at;
}

interface Taken {
  kind: LotStepKind;
  at: Date;
  tendersReceived: number;
}

function tell(em: EntityManager, consultation: Consultation, lot: Lot, { kind, at, tendersReceived }: Taken): void {
  const { supplierSirets, status } = lot;
  const amountCents = lot.amountCents ?? 0n;
  const what = { ...consultation.fields(), lotNumber: lot.lotNumber, occurredAt: at };
  switch (kind) {
    case 'LOT_STEP_KIND_AWARD':
      record(em, LotAwarded, { ...what, supplierSirets, amountCents, tendersReceived });
      break;
    case 'LOT_STEP_KIND_REJECTIONS':
      record(em, RejectionLettersSent, { ...what, signFrom: lot.signFrom ?? undefined });
      break;
    case 'LOT_STEP_KIND_SIGNATURE':
      record(em, ContractSigned, what);
      break;
    case 'LOT_STEP_KIND_NOTIFICATION':
      record(em, ContractNotified, { ...what, supplierSirets, amountCents });
      break;
    case 'LOT_STEP_KIND_COMPLETION':
      record(em, ContractCompleted, what);
      break;
    default:
      record(em, LotClosedWithoutContract, { ...what, status });
  }
}

function check(request: RecordLotStepRequest): void {
  const { kind, lotNumber, decisionRef, supplierSirets, amountCents, tendersReceived, onPaper } = request;
  const award = kind === 'LOT_STEP_KIND_AWARD';
  const fields = checkFields();
  fields.known('kind', kind);
  // What else is right depends on it.
  fields.done();
  fields.expect(lotNumber >= 1, 'lot_number', 'must be the number of a lot');
  const decided = DECISION.test(decisionRef) || (decisionRef === '' && !DECIDED.includes(kind));
  fields.expect(
    decided,
    'decision_ref',
    'must have 1 to 60 of A-Z a-z 0-9 _ . / -; a decision is needed for this step',
  );
  const few = award
    ? supplierSirets.length >= 1 && supplierSirets.length <= MOST_SUPPLIERS
    : supplierSirets.length === 0;
  fields.expect(few, 'supplier_sirets', `must be 1 to ${MOST_SUPPLIERS} for an award, and none otherwise`);
  for (const [nth, siret] of supplierSirets.slice(0, MOST_SUPPLIERS).entries())
    fields.expect(checkSiret(siret).ok, `supplier_sirets[${nth}]`, 'must be a SIRET');
  fields.expect(
    award ? amountCents > 0n : amountCents === 0n,
    'amount_cents',
    'must be above 0 for an award, and 0 otherwise',
  );
  fields.expect(
    award ? tendersReceived >= 1 : tendersReceived === 0,
    'tenders_received',
    'must be 1 at least for an award, and 0 otherwise',
  );
  fields.expect(!onPaper || kind === 'LOT_STEP_KIND_REJECTIONS', 'on_paper', 'must be said of rejection letters only');
  fields.done();
}
