import { randomUUID } from 'node:crypto';
import type { AdmitMembersRequest } from '@jonction/contracts';
import { requestId, SIRENS, testPlatform } from '@jonction/testing';
import { expect, test } from 'vitest';

type Item = AdmitMembersRequest['member'] & object;

const admission = (over: Partial<Item> = {}): Item => ({
  requestId: requestId(),
  memberId: '',
  organizationId: '',
  kind: 'ORGANIZATION_KIND_COMMUNE',
  name: 'Agencourt',
  departementCode: '21',
  identifiers: [],
  municipalPopulation: 416,
  admittedOn: '2026-01-01',
  ...over,
});

async function* sent(items: Item[]) {
  for (const member of items) yield { member };
}

test('in one bulk call each admission gets its own receipt, in the order sent; a refused one writes nothing and spoils no other', async () => {
  await using platform = await testPlatform({ services: ['membership'] });
  const { membership } = await platform.as('bfc-admin');
  const memberId = randomUUID();
  const siren = { scheme: 'IDENTIFIER_SCHEME_SIREN' as const, value: SIRENS[0] ?? '', validFrom: '', validUntil: '' };
  const items = [
    admission({ memberId, identifiers: [siren] }),
    admission({ memberId, name: 'The same member again' }),
    admission({ name: 'Another body with the same code', identifiers: [siren] }),
    admission({ name: '' }),
    ...Array.from({ length: 60 }, (_, at) => admission({ name: `Commune ${at}` })),
  ];
  const receipts = [];
  for await (const receipt of membership.admitMembers(sent(items))) receipts.push(receipt);
  expect(receipts.map((receipt) => receipt.requestId)).toEqual(items.map((item) => item.requestId));
  const reasons = receipts.map(({ outcome }) => (outcome?.$case === 'refusal' ? outcome.value.reason : outcome?.$case));
  expect(reasons).toEqual([
    'admitted',
    'ALREADY_EXISTS',
    'IDENTIFIER_TAKEN',
    'FIELD_INVALID',
    ...Array(60).fill('admitted'),
  ]);
  const database = platform.databases.membership;
  expect(await database?.query('select from member')).toHaveLength(61);
  expect(await database?.query(`select from outbox where type = 'jonction.membership.v1.MemberAdmitted'`)).toHaveLength(
    61,
  );
  expect(await database?.query('select from identifier')).toHaveLength(1);
});

test('a sender that waits for each receipt before it sends the next gets it', async () => {
  await using platform = await testPlatform({ services: ['membership'] });
  const { membership } = await platform.as('bfc-admin');
  let next: () => void = () => {};
  async function* one() {
    for (let at = 0; at < 3; at++) {
      yield { member: admission({ name: `Commune ${at}` }) };
      await new Promise<void>((resolve) => {
        next = resolve;
      });
    }
  }
  let received = 0;
  for await (const { outcome } of membership.admitMembers(one(), { deadlineMs: 5_000 })) {
    expect(outcome?.$case).toBe('admitted');
    received++;
    next();
  }
  expect(received).toBe(3);
});
