import type {
  ClosingCause,
  ConsultationClosed,
  ConsultationDescribed,
  ConsultationDrafted,
  ConsultationPublished,
  ConsultationReturned,
  ConsultationScheduled,
  ConsultationStatus,
  ConsultationSubmitted,
  ConsultationTakenOver,
  ConsultationTransferred,
  DeadlineExtended,
  Description,
  DraftTransferred,
  Nature,
  Procedure,
  TendersOpened,
} from '@jonction/contracts';
import { refuse } from '../refusals.ts';

const FARTHEST_YEARS = 5;
const UNPUBLISHED: ConsultationStatus[] = [
  'CONSULTATION_STATUS_DRAFT',
  'CONSULTATION_STATUS_TO_VALIDATE',
  'CONSULTATION_STATUS_SCHEDULED',
];

/** What a buyer says of a consultation. */
export interface Content {
  title: string;
  deadline: Date;
  description: Description;
}

/** What is said when a consultation has another buyer: to those who followed the former one, then to those of the new one. */
export type Transfer =
  | { draft: DraftTransferred }
  | { left: ConsultationTransferred; takenOver: ConsultationTakenOver };

/** A call for tenders by a member. The rules live here; nothing in this file knows about tables, RPC or NATS. */
export class Consultation {
  consultationId!: string;
  operator!: string;
  /** The buyer: who answers for it now. */
  memberId!: string;
  /** Who drafted it, and was the buyer then. */
  authorMemberId!: string;
  buyerName!: string;
  title!: string;
  /** Until when tenders are taken (DLRO). */
  deadline!: Date;
  status!: ConsultationStatus;
  publishedAt!: Date | null;
  closedAt!: Date | null;
  procedure!: Procedure;
  nature!: Nature;
  /** Empty when nothing was judged. */
  rulesVersion!: string;
  /** The buyer's own number; empty until it is described. */
  reference!: string;
  description!: Description | null;
  /** When it publishes itself, or null. */
  publishAt!: Date | null;
  /** How many versions were public. */
  versions!: number;
  version!: number;

  draft(now: Date): ConsultationDrafted {
    mustBeAhead(this.deadline, now);
    this.status = 'CONSULTATION_STATUS_DRAFT';
    return { ...this.fields(), title: this.title, deadline: this.deadline };
  }

  publish(now: Date): ConsultationPublished {
    if (!UNPUBLISHED.includes(this.status)) throw refuse('NOT_A_DRAFT', { consultation: this.consultationId });
    mustBeAhead(this.deadline, now);
    this.status = 'CONSULTATION_STATUS_PUBLISHED';
    this.publishedAt = now;
    this.publishAt = null;
    this.versions = 1;
    return {
      ...this.fields(),
      title: this.title,
      buyerName: this.buyerName,
      publishedAt: now,
      deadline: this.deadline,
    };
  }

  extend(deadline: Date, now: Date): DeadlineExtended {
    this.mustBeOpen(now);
    mustBeAhead(deadline, now);
    if (deadline <= this.deadline) throw refuse('DEADLINE_NOT_LATER', { deadline: this.deadline.toISOString() });
    const deadlineBefore = this.deadline;
    this.deadline = deadline;
    return { ...this.fields(), deadlineBefore, deadline };
  }

  /** Says anew what a draft is about. */
  describe({ title, deadline, description }: Content, now: Date): ConsultationDescribed {
    if (this.status !== 'CONSULTATION_STATUS_DRAFT')
      throw refuse('NOT_IN_DRAFT', { consultation: this.consultationId });
    mustBeAhead(deadline, now);
    Object.assign(this, { title, deadline, description, reference: description.reference });
    return { ...this.fields(), title, deadline };
  }

  submit(): ConsultationSubmitted {
    if (this.status !== 'CONSULTATION_STATUS_DRAFT')
      throw refuse('NOT_IN_DRAFT', { consultation: this.consultationId });
    if (!this.description) throw refuse('NOT_DESCRIBED', { consultation: this.consultationId });
    this.status = 'CONSULTATION_STATUS_TO_VALIDATE';
    return this.fields();
  }

  giveBack(): ConsultationReturned {
    this.mustWait();
    this.status = 'CONSULTATION_STATUS_DRAFT';
    this.publishAt = null;
    return this.fields();
  }

  /** Plans the publication, or plans it anew. */
  scheduleFor(publishAt: Date, now: Date): ConsultationScheduled {
    this.mustWait();
    mustBeAhead(publishAt, now);
    if (publishAt >= this.deadline) throw refuse('DEADLINE_PAST', { deadline: this.deadline.toISOString() });
    this.status = 'CONSULTATION_STATUS_SCHEDULED';
    this.publishAt = publishAt;
    return { ...this.fields(), publishAt };
  }

  /** Changes what is public. Gives nothing: the event tells what changed, which the versions show. */
  rectify({ title, deadline, description }: Content, important: boolean, now: Date): void {
    this.mustBeOpen(now);
    mustBeAhead(deadline, now);
    if (deadline < this.deadline) throw refuse('DEADLINE_NOT_LATER', { deadline: this.deadline.toISOString() });
    if (important && deadline <= this.deadline)
      throw refuse('EXTENSION_NEEDED', { deadline: this.deadline.toISOString() });
    if (this.description && this.description.lots.length !== description.lots.length) throw refuse('LOTS_FIXED');
    Object.assign(this, { title, deadline, description, reference: description.reference });
    this.versions += 1;
  }

  /** Opens the tenders: not before the deadline, whoever closed it before. */
  open(now: Date): TendersOpened {
    if (this.status !== 'CONSULTATION_STATUS_CLOSED' || now < this.deadline)
      throw refuse('NOT_CLOSED', { deadline: this.deadline.toISOString() });
    this.status = 'CONSULTATION_STATUS_OPENED';
    return { ...this.fields(), openedAt: now };
  }

  /** Ends it when all its lots are over. */
  endWith(lots: { isOver(): boolean }[]): void {
    if (this.status === 'CONSULTATION_STATUS_OPENED' && lots.every((lot) => lot.isOver()))
      this.status = 'CONSULTATION_STATUS_DONE';
  }

  /** Closes before the deadline, because the buyer says so. */
  close(now: Date): ConsultationClosed {
    this.mustBeOpen(now);
    return this.closeFor('CLOSING_CAUSE_BUYER', now);
  }

  /** Closes because the deadline came; undefined when there is nothing to close: extended since, or closed already. */
  closeAtDeadline(now: Date): ConsultationClosed | undefined {
    if (this.status !== 'CONSULTATION_STATUS_PUBLISHED' || now < this.deadline) return undefined;
    return this.closeFor('CLOSING_CAUSE_DEADLINE', now);
  }

  /** It runs until its last lot is over: who takes the buyer's place opens, awards and executes. */
  runs(): boolean {
    return this.status !== 'CONSULTATION_STATUS_DONE';
  }

  /** Another buyer answers for it, and nothing else of it changes (CGCT L2113-5). */
  transfer({ memberId, name, mergeId }: { memberId: string; name: string; mergeId: string }, now: Date): Transfer {
    const fromMemberId = this.memberId;
    this.memberId = memberId;
    this.buyerName = name;
    const moved = { ...this.fields(), fromMemberId, mergeId };
    if (UNPUBLISHED.includes(this.status)) return { draft: moved };
    const { operator, consultationId, title, deadline, buyerName } = this;
    return {
      left: {
        ...{ operator, memberId: fromMemberId, consultationId, mergeId },
        ...{ successorMemberId: memberId, transferredAt: now },
      },
      takenOver: { ...moved, title, buyerName, deadline, publishedAt: this.publishedAt ?? undefined },
    };
  }

  /** Throws OTHER_MEMBER unless the caller acts for the buyer, or for the whole operator (no member). */
  mustBeActedForBy(callerMemberId: string): void {
    if (callerMemberId !== '' && callerMemberId !== this.memberId) throw refuse('OTHER_MEMBER');
  }

  /** Throws ETAG_STALE when the caller read an older state than this one; an empty etag asks for no such check. */
  mustBeAt(etag: string): void {
    if (etag !== '' && etag !== this.etag()) throw refuse('ETAG_STALE', { consultation: this.consultationId });
  }

  etag(): string {
    return `v${this.version}`;
  }

  private mustBeOpen(now: Date): void {
    if (this.status !== 'CONSULTATION_STATUS_PUBLISHED' || this.deadline <= now)
      throw refuse('NOT_OPEN', { consultation: this.consultationId });
  }

  private closeFor(cause: ClosingCause, now: Date): ConsultationClosed {
    this.status = 'CONSULTATION_STATUS_CLOSED';
    this.closedAt = now;
    return { ...this.fields(), closedAt: now, cause };
  }

  private mustWait(): void {
    if (!['CONSULTATION_STATUS_TO_VALIDATE', 'CONSULTATION_STATUS_SCHEDULED'].includes(this.status))
      throw refuse('NOT_TO_VALIDATE', { consultation: this.consultationId });
  }

  /** What every event of it begins with. */
  fields() {
    return { operator: this.operator, memberId: this.memberId, consultationId: this.consultationId };
  }
}

function mustBeAhead(deadline: Date, now: Date): void {
  if (deadline <= now) throw refuse('DEADLINE_PAST', { deadline: deadline.toISOString() });
  const farthest = new Date(now);
  farthest.setUTCFullYear(farthest.getUTCFullYear() + FARTHEST_YEARS);
  if (deadline > farthest)
    throw refuse('DEADLINE_TOO_FAR', { deadline: deadline.toISOString(), years: FARTHEST_YEARS });
}
