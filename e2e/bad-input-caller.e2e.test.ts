import { createHmac, generateKeyPairSync } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { requestId, type TestPlatform, testIssuer, testPlatform } from '@jonction/testing';
import { expect, test } from 'vitest';
import { encode, rpcs } from './contract.ts';
import { goodRequest, knownOf } from './good-requests.ts';
import { asRequest, expectRefusal, itemOf, refusalOf, unchanged } from './refused.ts';
import { type WireOptions, wiresTo } from './wire.ts';

interface Case {
  what: string;
  options: WireOptions;
  code: status;
  reason: string;
}

test('no deadline, no token, a token that is not good, an operator that is none: every RPC refuses, and says why', async () => {
  await using platform = await testPlatform();
  const known = await knownOf(platform);
  using wires = wiresTo(platform);
  const cases = await badCallers(platform);
  await unchanged(platform, async () => {
    for (const rpc of rpcs) {
      for (const { what, options, code, reason } of cases) {
        const bytes = asRequest(rpc, encode(itemOf(rpc), goodRequest(itemOf(rpc), known)));
        expectRefusal(await refusalOf(wires, rpc, bytes, options), `${rpc.path}: ${what}`, { code, reason });
      }
    }
  });
});

test('metadata that nobody asked for, or that cannot be read, changes nothing', async () => {
  await using platform = await testPlatform();
  const { memberId } = await knownOf(platform);
  using wires = wiresTo(platform);
  const good = {
    authorization: `Bearer ${await platform.issuer.sign({ subject: 'bfc-admin' })}`,
    'jonction-operator': 'bfc',
  };
  const rpc = rpcs.find(({ method }) => method.name === 'GetMember');
  if (!rpc) throw new Error('GetMember is no RPC any more');
  const request = encode(itemOf(rpc), { memberId });
  const plain = await wires.membership.unary(rpc.path, request, { metadata: good });
  for (const more of [
    { traceparent: 'zzz' },
    { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` },
    { traceparent: `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01-more` },
    { baggage: '=;=,,%%%', tracestate: ' ,= ' },
    { 'x-garbage-bin': Buffer.from([0, 255, 1, 254]) },
    { 'jonction-right': 'membership.admit', 'x-forwarded-for': '*' },
    { 'x-long': 'x'.repeat(6_000) },
  ]) {
    const metadata = { ...good, ...more };
    expect(await wires.membership.unary(rpc.path, request, { metadata }), Object.keys(more).join()).toEqual(plain);
  }
});

/** Callers who must be turned away, each good but for one thing. */
async function badCallers(platform: TestPlatform): Promise<Case[]> {
  const { issuer } = platform;
  await using stranger = await testIssuer();
  const subject = 'bfc-admin';
  const good = await issuer.sign({ subject });
  const [header = '', payload = '', signature = ''] = good.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'pem', type: 'spki' });
  const unsigned = `${part({ alg: 'none', kid: 'test' })}.${payload}`;
  const symmetric = `${part({ alg: 'HS256', kid: 'test' })}.${payload}`;
  const refused: Record<string, string> = {
    'an expired token': await issuer.sign({ subject, lifeS: -5 }),
    "another issuer's token": await stranger.sign({ subject }),
    "another issuer's key under our issuer's name": await stranger.sign({ subject, issuer: issuer.issuer }),
    'our key under another name': await issuer.sign({ subject, issuer: stranger.issuer }),
    'another audience': await issuer.sign({ subject, audience: 'elsewhere' }),
    'a token that lives more than fifteen minutes': await issuer.sign({ subject, lifeS: 901 }),
    'a token without signature': `${unsigned}.`,
    'a token that says it has none, with one': `${unsigned}.${signature}`,
    'a token signed by a shared secret': `${symmetric}.${createHmac('sha256', other).update(symmetric).digest('base64url')}`,
    'another subject under the same signature': `${header}.${part({ ...claims, sub: 'idf-admin' })}.${signature}`,
    'a subject too long': await issuer.sign({ subject: 'x'.repeat(129) }),
    'an empty subject': await issuer.sign({ subject: '' }),
    'no token at all but words': 'not.a.token',
    'a token of points': '...',
  };
  const token = `Bearer ${good}`;
  const unknown = { code: status.PERMISSION_DENIED, reason: 'NOT_ENROLLED' };
  const missing = { code: status.UNAUTHENTICATED, reason: 'TOKEN_MISSING' };
  const withOperator = (authorization: string) => ({ metadata: { authorization, 'jonction-operator': 'bfc' } });
  return [
    ...Object.entries(refused).map(([what, text]) => ({
      what,
      options: withOperator(`Bearer ${text}`),
      code: status.UNAUTHENTICATED,
      reason: 'TOKEN_REFUSED',
    })),
    { what: 'no token', options: { metadata: { 'jonction-operator': 'bfc' } }, ...missing },
    { what: 'a password', options: withOperator('Basic YWRtaW46YWRtaW4='), ...missing },
    { what: 'a bearer of nothing', options: withOperator('Bearer '), ...missing },
    {
      what: 'no deadline',
      options: { ...withOperator(token), deadlineMs: Number.POSITIVE_INFINITY },
      code: status.INVALID_ARGUMENT,
      reason: 'DEADLINE_MISSING',
    },
    {
      what: 'no operator',
      options: { metadata: { authorization: token } },
      code: status.INVALID_ARGUMENT,
      reason: 'OPERATOR_MISSING',
    },
    ...['xyz', 'BFC', '*', '>', 'bfc.*', 'b', `bfc' or '1'='1`, 'x'.repeat(4_000)].map((operator) => ({
      what: `the operator ${operator.slice(0, 20)}`,
      options: { metadata: { authorization: token, 'jonction-operator': operator } },
      ...unknown,
    })),
    {
      what: 'somebody nobody enrolled',
      options: withOperator(`Bearer ${await issuer.sign({ subject: requestId() })}`),
      ...unknown,
    },
  ];
}

function part(json: object): string {
  return Buffer.from(JSON.stringify(json)).toString('base64url');
}
