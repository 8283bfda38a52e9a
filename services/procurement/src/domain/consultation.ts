import type {
  ClosingCause,
  ConsultationClosed,
  ConsultationDrafted,
  ConsultationPublished,
  ConsultationStatus,
  ConsultationTakenOver,
  ConsultationTransferred,
  DeadlineExtended,
  DraftTransferred,
} from '@jonction/contracts';
import { refuse } from '../refusals.ts';

const FARTHEST_YEARS = 5;

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
  version!: number;

  draft(now: Date): ConsultationDrafted {
    mustBeAhead(this.deadline, now);
    this.status = 'CONSULTATION_STATUS_DRAFT';
    return { ...this.fields(), title: this.title, deadline: this.deadline };
  }

  publish(now: Date): ConsultationPublished {
    if (this.status !== 'CONSULTATION_STATUS_DRAFT') throw refuse('NOT_A_DRAFT', { consultation: this.consultationId });
    mustBeAhead(this.deadline, now);
    this.status = 'CONSULTATION_STATUS_PUBLISHED';
    this.publishedAt = now;
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

  /** It runs until it is closed. */
  runs(): boolean {
    return this.status !== 'CONSULTATION_STATUS_CLOSED';
  }

  /** Another buyer answers for it, and nothing else of it changes (CGCT L2113-5). */
  transfer({ memberId, name, mergeId }: { memberId: string; name: string; mergeId: string }, now: Date): Transfer {
    const fromMemberId = this.memberId;
    this.memberId = memberId;
    this.buyerName = name;
    const moved = { ...this.fields(), fromMemberId, mergeId };
    if (this.status === 'CONSULTATION_STATUS_DRAFT') return { draft: moved };
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

  private fields() {
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
