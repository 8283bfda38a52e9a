import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GetClaimsResponse, IdentityServiceDefinition } from '@jonction/contracts';
import { type CallError, connectTo } from '@jonction/contracts/client';
import { ROOT } from '@jonction/stack';
import { parse } from 'yaml';

const NOT_FOUND = 5;

/** What may be told of a person, whose tokens bear this subject, as OpenID Connect names it. Throws when the base is away. */
export type Claims = (subject: string) => Promise<Record<string, unknown>>;

export type ClaimsOptions = {
  /** Where membership answers. */
  address: string;
  /** Makes a token of the embedded run. */
  tokenOf: (subject: string) => Promise<string>;
};

/**
 * Claims from the identity base. A person may act for several operators: the codes and the name of the body are those of
 * the first, and `jonction` lists all. In a platform that runs for real an identity provider asks as an application of its
 * operator; here it asks as each operator's first administrator, for it makes the tokens of all.
 */
export function claimsFrom({ address, tokenOf }: ClaimsOptions): Claims {
  return async (subject) => {
    const all: GetClaimsResponse[] = [];
    for (const { operator, administrator } of operators()) {
      using identity = connectTo(IdentityServiceDefinition, address, { token: await tokenOf(administrator), operator });
      const claims = await identity.getClaims({ subject }).catch((error: CallError) => {
        if (error.code === NOT_FOUND) return undefined;
        throw error;
      });
      if (claims) all.push(claims);
    }
    const [first] = all;
    if (!first) return { sub: subject };
    const { name, siren, siret, organizationalUnit: organizational_unit } = first;
    return { sub: subject, ...known({ name, siren, siret, organizational_unit }), jonction: all.map(ofOperator) };
  };
}

function ofOperator(claims: GetClaimsResponse) {
  const {
    operator,
    agentId: agent_id,
    memberId: member_id,
    memberAccess: member_access,
    roles,
    rights,
    services,
  } = claims;
  return { operator, ...known({ agent_id, member_id }), member_access, roles, rights, services };
}

/** A claim that is not known is left out (OpenID Connect Core, 5.3.2). */
function known(claims: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== ''));
}

function operators(): { operator: string; administrator: string }[] {
  const folder = join(ROOT, 'operators');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => {
      const { id, administrator } = parse(readFileSync(join(folder, file), 'utf8'));
      return { operator: id, administrator: administrator.subject };
    });
}
