import type { Caller } from '@jonction/commands';
import type { GetClaimsRequest, GetClaimsResponse, IdentifierScheme, Role } from '@jonction/contracts';
import { checkFields, refuse } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Agent } from '../domain/agent.ts';
import { membersAsOf } from './as-of.ts';
import { findEntitled } from './entitled.ts';

/** What an identity provider may tell of a person. Whom the caller may not know is not there. */
export async function getClaims(
  em: EntityManager,
  { subject }: GetClaimsRequest,
  { caller, now }: { caller: Caller; now: Date },
): Promise<GetClaimsResponse> {
  const fields = checkFields();
  fields.text('subject', subject, { max: 128 });
  fields.done();
  const [held] = await findEntitled(em, { subject });
  if (!held || (caller.memberId !== '' && caller.memberId !== held.memberId))
    throw refuse('NOT_FOUND', { what: 'Agent' });
  const { agentId, memberId, access, roles, rights } = held;
  const { displayName } = await em.findOneOrFail(Agent, { agentId });
  const [member] = await membersAsOf(em, memberId ? [memberId] : [], now.toISOString().slice(0, 10));
  const code = (scheme: IdentifierScheme) => member?.identifiers.find((one) => one.scheme === scheme)?.value ?? '';
  return {
    sub: subject,
    name: displayName,
    siren: code('IDENTIFIER_SCHEME_SIREN'),
    siret: code('IDENTIFIER_SCHEME_SIRET'),
    organizationalUnit: member?.name ?? '',
    operator: caller.operator,
    agentId,
    memberId,
    memberAccess: access,
    roles: [...roles].sort() as Role[],
    rights: [...rights].sort(),
    services: member?.services ?? [],
  };
}
