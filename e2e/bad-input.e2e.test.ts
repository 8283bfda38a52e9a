import { status } from '@grpc/grpc-js';
import { inDays, requestId, testPlatform } from '@jonction/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode, type Field, fieldsOf, fill, type Rpc, rpcs } from './contract.ts';
import { goodRequest, type Known, knownOf } from './good-requests.ts';
import { asRequest, caught, expectRefusal, itemOf, refusalOf, tagged, unchanged, varint, wiresOf } from './refused.ts';
import { quiet } from './rows.ts';

test('an enum value that the contract does not know is refused in every request that has an enum, and the field is named', async () => {
  await using platform = await testPlatform();
  const known = await knownOf(platform);
  using wires = await wiresOf(platform);
  const probes = rpcs.flatMap((rpc) =>
    [...unknownEnums(itemOf(rpc), known)].map(({ field, bytes }) => ({ rpc, field, bytes: asRequest(rpc, bytes) })),
  );
  expect(probes.length).toBeGreaterThan(6);
  await unchanged(platform, async () => {
    for (const { rpc, field, bytes } of probes) {
      const refusal = await refusalOf(wires, rpc, bytes);
      expectRefusal(refusal, `${rpc.path} ${field}`, { reason: 'FIELD_INVALID', fields: [field] });
    }
  });
});

test('NUL bytes, 1 MiB strings and, in ids, the characters of subjects are refused in every field of text, which is named', async () => {
  await using platform = await testPlatform();
  const known = await knownOf(platform);
  using wires = await wiresOf(platform);
  await unchanged(platform, async () => {
    for (const rpc of rpcs) {
      for (const { field, bytes } of badTexts(itemOf(rpc), known)) {
        const refusal = await refusalOf(wires, rpc, asRequest(rpc, bytes));
        const isToken = field === 'page_token';
        const expected = isToken ? { reason: 'PAGE_TOKEN_INVALID' } : { reason: 'FIELD_INVALID', fields: [field] };
        expectRefusal(refusal, `${rpc.path} ${field} ${bytes.length} bytes`, expected);
      }
    }
  });
});

test('a SIREN or SIRET with a wrong key is refused; the SIRET of La Poste, which has another key, are accepted', async () => {
  await using platform = await testPlatform();
  const { membership } = await platform.as('bfc-admin');
  const admit = (scheme: 'SIREN' | 'SIRET', value: string) =>
    membership.admitMember({
      requestId: requestId(),
      kind: 'ORGANIZATION_KIND_OTHER',
      name: 'La Poste',
      identifiers: [{ scheme: `IDENTIFIER_SCHEME_${scheme}`, value }],
    });
  const wrong: ['SIREN' | 'SIRET', string][] = [
    ['SIREN', '212100011'],
    ['SIREN', '000000000'],
    ['SIREN', '21210001'],
    ['SIREN', '212 100 010'],
    ['SIRET', '21210001000011'],
    ['SIRET', '35600000049838'],
    ['SIRET', '212100010'],
  ];
  await unchanged(platform, async () => {
    for (const [scheme, value] of wrong) {
      const refused = { reason: 'FIELD_INVALID', fields: ['identifiers[0].value'] };
      expectRefusal(await caught(admit(scheme, value)), value, refused);
      const asked = membership.resolveIdentifier({ scheme: `IDENTIFIER_SCHEME_${scheme}`, value });
      expectRefusal(await caught(asked), value, { reason: 'FIELD_INVALID', fields: ['value'] });
    }
  });
  for (const value of ['35600000049837', '35600000009075', '35600000000048'])
    expect((await admit('SIRET', value)).member?.identifiers).toMatchObject([{ value }]);
});

test('a deadline that is past, too far, missing or no time at all is refused', async () => {
  await using platform = await testPlatform();
  const known = await knownOf(platform);
  using wires = await wiresOf(platform);
  const { procurement } = await platform.as('bfc-admin');
  const published = await procurement.createConsultation({
    ...known,
    requestId: requestId(),
    title: 'a',
    deadline: inDays(5),
  });
  const consultationId = published.consultation?.consultationId ?? '';
  await procurement.publishConsultation({ requestId: requestId(), consultationId });
  const ask = (name: string, deadline: Uint8Array) => {
    const rpc = rpcs.find(({ method }) => method.name === name) as Rpc;
    const good = { ...goodRequest(itemOf(rpc), { ...known, consultationId }), deadline: undefined };
    const bytes = Buffer.concat([encode(itemOf(rpc), good), deadline]);
    return refusalOf(wires, rpc, asRequest(rpc, bytes));
  };
  const at = (message: string, seconds: number | bigint) => {
    const { number = 0 } = fieldsOf(message).find(({ name }) => name === 'deadline') ?? {};
    return tagged(number, Buffer.concat([varint(1 << 3), varint(BigInt.asUintN(64, BigInt(seconds)))]));
  };
  const now = Math.floor(Date.now() / 1_000);
  await unchanged(platform, async () => {
    for (const name of ['CreateConsultation', 'CreateConsultations', 'ExtendConsultation']) {
      const message = itemOf(rpcs.find(({ method }) => method.name === name) as Rpc);
      expectRefusal(await ask(name, at(message, now - 1)), name, { reason: 'DEADLINE_PAST' });
      expectRefusal(await ask(name, at(message, -1)), name, { reason: 'DEADLINE_PAST' });
      expectRefusal(await ask(name, at(message, now + 6 * 366 * 86_400)), name, { reason: 'DEADLINE_TOO_FAR' });
      const noTime = { reason: 'FIELD_INVALID', fields: ['deadline'] };
      expectRefusal(await ask(name, new Uint8Array()), name, noTime);
      expectRefusal(await ask(name, at(message, 2n ** 52n)), name, noTime);
    }
  });
});

test('a negative page size and a page token that no such list gave are refused by every list', async () => {
  await using platform = await testPlatform();
  const known = await knownOf(platform);
  using wires = await wiresOf(platform);
  const lists = rpcs.filter(({ method }) =>
    fieldsOf(method.requestType.$type).some(({ name }) => name === 'page_token'),
  );
  expect(lists.length).toBeGreaterThan(3);
  const { membership } = await platform.as('bfc-admin');
  await membership.admitMember({ requestId: requestId(), kind: 'ORGANIZATION_KIND_COMMUNE', name: 'Beaune' });
  const { nextPageToken } = await membership.listMembers({ pageSize: 1 });
  expect(nextPageToken).not.toBe('');
  const text = Buffer.from(nextPageToken, 'base64url').toString();
  const coded = (value: string) => Buffer.from(value).toString('base64url');
  const forged = JSON.stringify(JSON.parse(text).with(-1, 'no id'));
  const tokens = [
    'x',
    '*',
    coded('{}'),
    coded('[]'),
    coded('["a","b"]'),
    coded('[1,2]'),
    coded(text.slice(0, 9)),
    'A'.repeat(3_000),
  ];
  await unchanged(platform, async () => {
    for (const rpc of lists) {
      const type = itemOf(rpc);
      const ask = (more: object) => refusalOf(wires, rpc, encode(type, { ...goodRequest(type, known), ...more }));
      for (const pageSize of [-1, -2_147_483_648])
        expectRefusal(await ask({ pageSize }), rpc.path, { reason: 'FIELD_INVALID', fields: ['page_size'] });
      // The first is a token of a list, with the filters of another question.
      for (const pageToken of [nextPageToken, coded(forged), ...tokens])
        expectRefusal(await ask({ pageToken }), `${rpc.path} ${pageToken}`, { reason: 'PAGE_TOKEN_INVALID' });
    }
    // Of this list and with its filters, but with an id that is none.
    const list = membership.listMembers({ pageSize: 1, pageToken: coded(forged) });
    expectRefusal(await caught(list), 'forged', { reason: 'PAGE_TOKEN_INVALID' });
  });
});

test('a request of 5 MiB, and one whose bytes are no message, are refused by every RPC', async () => {
  await using platform = await testPlatform();
  using wires = await wiresOf(platform);
  await unchanged(platform, async () => {
    for (const rpc of rpcs) {
      const large = await refusalOf(wires, rpc, tagged(99, Buffer.alloc(5 << 20)));
      expectRefusal(large, rpc.path, { code: status.RESOURCE_EXHAUSTED, reason: 'REQUEST_TOO_LARGE' });
      const broken = await refusalOf(wires, rpc, Buffer.from('0aff', 'hex'));
      expectRefusal(broken, rpc.path, { reason: 'FIELD_INVALID', fields: ['request'] });
    }
  });
});

test('whatever bytes come as the request of any RPC, the answer is no crash, nothing is parked, and the service goes on', async () => {
  await using platform = await testPlatform();
  const known = await knownOf(platform);
  using wires = await wiresOf(platform);
  const crashes: string[] = [];
  for (const [nth, rpc] of rpcs.entries()) {
    const seed = 20_261_123 + nth;
    const good = Buffer.from(asRequest(rpc, encode(itemOf(rpc), goodRequest(itemOf(rpc), known))));
    for (const bytes of fc.sample(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged(good)), { numRuns: 300, seed })) {
      const refusal = await refusalOf(wires, rpc, bytes);
      if (
        refusal &&
        [status.INTERNAL, status.UNKNOWN, status.DEADLINE_EXCEEDED, status.UNAVAILABLE].includes(refusal.code)
      )
        crashes.push(`${rpc.path} ${Buffer.from(bytes).toString('hex')} → ${refusal.code} ${refusal.reason}`);
    }
  }
  expect(crashes).toEqual([]);
  await quiet(platform);
  for (const database of Object.values(platform.databases))
    expect(await database.query('select from parked')).toEqual([]);
  const { membership } = await platform.as('bfc-admin');
  expect((await membership.getMember({ memberId: known.memberId })).member?.name).toBe('Agencourt');
});

/** A good request with some of its bytes changed, cut off, or repeated. */
function damaged(good: Buffer): fc.Arbitrary<Uint8Array> {
  const at = fc.nat({ max: good.length });
  const changed = fc.array(fc.tuple(at, fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }).map((changes) => {
    const bytes = Buffer.from(good);
    for (const [where, to] of changes) bytes[where] = to;
    return bytes;
  });
  const pieces = fc.tuple(at, at).map(([from, to]) => Buffer.concat([good.subarray(0, from), good.subarray(to)]));
  return fc.oneof(changed, pieces);
}

/** For each enum of a message, those of its parts included, the bytes of a good one but for a number nobody defined. */
function* unknownEnums(message: string, known: Known, where = ''): Generator<{ field: string; bytes: Uint8Array }> {
  for (const field of fieldsOf(message)) {
    const here = `${where}${field.name}`;
    const rest = encode(message, { ...goodRequest(message, known), [field.jsonName]: undefined });
    if (field.kind === 'enum')
      yield { field: here, bytes: Buffer.concat([rest, varint(field.number << 3), varint(4_242)]) };
    if (field.kind !== 'message' || !field.typeName.startsWith('jonction.')) continue;
    for (const inner of unknownEnums(field.typeName, known, `${here}${field.repeated ? '[0]' : ''}.`))
      yield { field: inner.field, bytes: Buffer.concat([rest, tagged(field.number, inner.bytes)]) };
  }
}

/** For each text of a message, the bytes of a good one with a bad value there. */
function* badTexts(message: string, known: Known): Generator<{ field: string; bytes: Uint8Array }> {
  for (const { field, where } of textsOf(message)) {
    for (const value of badValues(field))
      yield { field: where, bytes: encode(message, goodRequest(message, known, { where, value })) };
  }
}

function badValues({ name }: Field): string[] {
  const all = ['\0', 'a\0b', 'x'.repeat(1 << 20)];
  const uuid = '0198b3a4-7c1e-7d00-8a00-0123456789ab';
  return /_id$/.test(name) ? [...all, '.', '*', '>', 'a.b', 'evt.>', `${uuid}.*`, `>${uuid}`, ' '] : all;
}

/** The texts of a message and of its parts, each with its path in proto names. */
function textsOf(message: string): { field: Field; where: string }[] {
  const texts: { field: Field; where: string }[] = [];
  fill(message, (field, where) => {
    if (field.kind === 'string') texts.push({ field, where });
    return undefined;
  });
  return texts;
}
