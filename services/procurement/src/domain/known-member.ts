import { refuse } from '../refusals.ts';

/** A member as procurement heard of it from membership. */
export class KnownMember {
  memberId!: string;
  operator!: string;
  name!: string;
  /** Whether it may begin something new: not while it is suspended, nor once it left. */
  open!: boolean;
  /** The merge by which it goes into another, while that is prepared; null otherwise. */
  mergeId!: string | null;

  /** Throws MEMBER_CLOSED, MEMBER_MERGES. */
  mustBegin(): void {
    if (!this.open) throw refuse('MEMBER_CLOSED');
    if (this.mergeId !== null) throw refuse('MEMBER_MERGES');
  }
}
