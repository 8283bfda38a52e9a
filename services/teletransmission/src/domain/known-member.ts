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
}
