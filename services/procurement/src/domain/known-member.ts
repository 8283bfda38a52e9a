/** A member as procurement heard of it from membership. */
export class KnownMember {
  memberId!: string;
  operator!: string;
  name!: string;
  /** Whether it may begin something new: not while it is suspended, nor once it left. */
  open!: boolean;
}
