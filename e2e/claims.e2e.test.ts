import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MembershipLifeServiceDefinition, TerritoryServiceDefinition } from '@jonction/contracts';
import { requestId, testPlatform } from '@jonction/testing';
import { allowInsecureRequests, discovery, fetchUserInfo } from 'openid-client';
import { expect, test } from 'vitest';
import { type Claims, claimsFrom } from '../scripts/console/claims.ts';
import { openIssuer } from '../scripts/console/issuer.ts';
import { startConsole } from '../scripts/console/server.ts';

/** membership, and the provider of the embedded run, which tells claims from it. */
async function withProvider() {
  await using parts = new AsyncDisposableStack();
  const dataDir = mkdtempSync(join(tmpdir(), 'jonction-claims-'));
  parts.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  let claims: Claims | undefined;
  const told: Claims = async (subject) => {
    if (!claims) throw new Error('not yet');
    return claims(subject);
  };
  const provider = parts.use(await startConsole({ port: 0, dataDir, claims: told }));
  const environment = { OIDC_ISSUER: provider.url };
  const platform = parts.use(await testPlatform({ services: ['membership'], environment }));
  const { sign } = await openIssuer(dataDir);
  const tokenOf = (subject: string) => sign({ subject, issuer: provider.url, ttlSeconds: 60 });
  claims = claimsFrom({ address: platform.address('membership'), tokenOf });
  const as = async (operator: string) => ({ token: await tokenOf(`${operator}-admin`), operator });
  const running = parts.move();
  return { platform, provider, tokenOf, as, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

type Provider = Awaited<ReturnType<typeof withProvider>>;

async function agentOf({ platform, as }: Provider, operator: string, subject: string, admission: object) {
  const { MembershipServiceDefinition } = await import('@jonction/contracts');
  const membership = platform.call(MembershipServiceDefinition, 'membership', await as(operator));
  const { member } = await membership.admitMember({
    requestId: requestId(),
    kind: 'ORGANIZATION_KIND_COMMUNE',
    ...admission,
  });
  const memberId = member?.memberId ?? '';
  const asked = { requestId: requestId(), memberId, subject, displayName: 'Agent of a test' };
  const agentId = (await membership.enrolAgent(asked)).agent?.agentId ?? '';
  await membership.grantEntitlement({ requestId: requestId(), agentId, role: 'ROLE_BUYER' });
  return { memberId, agentId };
}

test('an OpenID Connect client reads who a person is, for which body, with its codes of today, and what it may do', async () => {
  await using run = await withProvider();
  const { platform, provider, tokenOf, as } = run;
  const { memberId, agentId } = await agentOf(run, 'bfc', 'claire', {
    name: 'Agencourt',
    identifiers: [
      { scheme: 'IDENTIFIER_SCHEME_SIREN', value: '212100010' },
      { scheme: 'IDENTIFIER_SCHEME_SIRET', value: '21210001000017' },
    ],
  });
  // As any application would: from the issuer's address alone.
  const client = await discovery(new URL(provider.url), 'an-application', undefined, undefined, {
    execute: [allowInsecureRequests],
  });
  const claimsOf = async (subject: string) => fetchUserInfo(client, await tokenOf(subject), subject);
  const own = {
    ...{ operator: 'bfc', agent_id: agentId, member_id: memberId, member_access: 'MEMBER_ACCESS_OPEN' },
    roles: ['ROLE_BUYER'],
    rights: expect.arrayContaining(['procurement.publish', 'procurement.read']),
    services: expect.arrayContaining(['SUBSCRIBED_SERVICE_PROCUREMENT']),
  };
  expect(await claimsOf('claire')).toEqual({
    ...{ sub: 'claire', name: 'Agent of a test', siren: '212100010', siret: '21210001000017' },
    organizational_unit: 'Agencourt',
    jonction: [own],
  });

  // The same person with another operator, then another code and another name of the body.
  await agentOf(run, 'idf', 'claire', { name: 'Bourg-la-Reine' });
  const territory = platform.call(TerritoryServiceDefinition, 'membership', await as('bfc'));
  const effectiveOn = new Date().toISOString().slice(0, 10);
  for (const change of [
    { $case: 'identifierChange', value: { scheme: 'IDENTIFIER_SCHEME_SIREN', value: '212100028' } },
    { $case: 'renaming', value: { name: 'Agencourt-le-Neuf' } },
  ] as const)
    await territory.recordChange({ requestId: requestId(), change: { memberId, effectiveOn, change } });
  const steps = platform.call(MembershipLifeServiceDefinition, 'membership', await as('bfc'));
  const step = { memberId, kind: 'STEP_KIND_SUSPENSION', decisionRef: 'AG-2026-1' } as const;
  await steps.recordStep({ requestId: requestId(), ...step });
  const later = await claimsOf('claire');
  expect(later).toMatchObject({ siren: '212100028', organizational_unit: 'Agencourt-le-Neuf' });
  expect(later.jonction).toMatchObject([
    { operator: 'bfc', member_access: 'MEMBER_ACCESS_SUSPENDED' },
    { operator: 'idf', member_access: 'MEMBER_ACCESS_OPEN' },
  ]);
  // Of one who is enrolled nowhere, nothing but what the token says.
  expect(await claimsOf('nobody')).toEqual({ sub: 'nobody' });
});

test('without a token of its own the provider tells nothing, and when the base is away it says so', async () => {
  await using run = await withProvider();
  const { platform, provider, tokenOf } = run;
  const ask = (authorization?: string) =>
    fetch(`${provider.url}/userinfo`, authorization ? { headers: { authorization } } : {});
  const foreign = await platform.issuer.sign({ subject: 'bfc-admin' });
  for (const authorization of [undefined, 'Bearer', 'Bearer x', `Bearer ${foreign}`, 'Basic eDp5']) {
    const answer = await ask(authorization);
    expect(answer.status, authorization).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('invalid_token');
  }
  expect((await ask(`Bearer ${await tokenOf('bfc-admin')}`)).status).toBe(200);
  await platform.stop('membership');
  expect((await ask(`Bearer ${await tokenOf('bfc-admin')}`)).status).toBe(503);
});
