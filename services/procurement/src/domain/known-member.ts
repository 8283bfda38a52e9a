/** A member as procurement heard of it from membership. */
export class KnownMember {
  memberId!: string;
  operator!: string;
  name!: string;
}
