import type { GetSizeRequest, GetSizeResponse } from '@jonction/contracts';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Member } from '../domain/member.ts';
import { MemberSize } from '../domain/member-size.ts';

export async function getSize(
  em: EntityManager,
  { memberId, asOf }: GetSizeRequest,
  { now }: { now: Date },
): Promise<GetSizeResponse> {
  const fields = checkFields();
  fields.uuid('member_id', memberId);
  fields.day('as_of', asOf, { optional: true });
  fields.done();
  await em.findOneOrFail(Member, { memberId });
  const until = { $lte: asOf || now.toISOString().slice(0, 10) };
  const orderBy = { effectiveOn: 'desc' } as const;
  const [size] = await em.find(MemberSize, { memberId, effectiveOn: until }, { orderBy, limit: 1 });
  const { budgetEuros, staff } = size ?? {};
  return {
    memberId,
    size: { budgetEuros: budgetEuros ?? undefined, staff: staff ?? undefined },
    effectiveOn: size?.effectiveOn ?? '',
  };
}
