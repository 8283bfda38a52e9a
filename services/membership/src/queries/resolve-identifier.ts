import type { ResolveIdentifierRequest, ResolveIdentifierResponse } from '@jonction/contracts';
import { checkInseeCode, checkSiren, checkSiret } from '@jonction/norms';
import { checkFields, refuse } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Identifier, Member } from '../domain/member.ts';
import { memberMessage } from './member-message.ts';

export async function resolveIdentifier(
  em: EntityManager,
  request: ResolveIdentifierRequest,
  { now }: { now: Date },
): Promise<ResolveIdentifierResponse> {
  const { scheme, value } = request;
  const fields = checkFields();
  fields.known('scheme', scheme);
  const judge = {
    IDENTIFIER_SCHEME_SIREN: checkSiren,
    IDENTIFIER_SCHEME_SIRET: checkSiret,
    IDENTIFIER_SCHEME_INSEE: checkInseeCode,
  }[scheme as string];
  const verdict = judge?.(value);
  if (verdict && !verdict.ok) fields.expect(false, 'value', `is not a code of this scheme: ${verdict.why}`);
  fields.day('as_of', request.asOf, { optional: true });
  fields.done();
  const day = request.asOf || now.toISOString().slice(0, 10);
  const bearers = await em.find(Identifier, { scheme, value });
  const borne = bearers.find((identifier) => identifier.isValidOn(day));
  if (!borne) throw refuse('NOT_FOUND', { what: `Member on ${day}` });
  const member = await em.findOneOrFail(Member, { memberId: borne.memberId });
  const identifiers = await em.find(
    Identifier,
    { memberId: borne.memberId },
    { orderBy: { scheme: 'asc', validFrom: 'asc' } },
  );
  return {
    member: memberMessage(
      member,
      identifiers.filter((identifier) => identifier.isValidOn(day)),
    ),
  };
}
