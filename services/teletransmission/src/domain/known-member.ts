import { refuse } from '../refusals.ts';

/** A member as teletransmission heard of it from membership. */
export class KnownMember {
  memberId!: string;
  operator!: string;
  name!: string;
  /** Empty when membership knew none. */
  siren!: string;
  /** `21`, `2A`, `971`; empty for a region. */
  departementCode!: string;
  /** Whether it may begin something new: not while it is suspended, nor once it left. */
  open!: boolean;
  /** The merge by which it goes into another, while that is prepared; null otherwise. */
  mergeId!: string | null;
  /** The member that has taken its place, and reads what it left; null while it is itself. */
  successorMemberId!: string | null;

  /** Throws MEMBER_CLOSED, MEMBER_MERGES. */
  mustBegin(): void {
    if (!this.open) throw refuse('MEMBER_CLOSED');
    if (this.mergeId !== null) throw refuse('MEMBER_MERGES');
  }
}
