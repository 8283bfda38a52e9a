import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Mandate, SigningDelegation } from './mandate.ts';
import { judge, type Title } from './signing.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 2, 22) + seconds * 1_000);
const spell = fc.record({ from: fc.nat({ max: 20 }), to: fc.option(fc.integer({ min: 1, max: 30 })) });

function mandate({ from, to }: { from: number; to: number | null }, executive = true): Mandate {
  return Object.assign(new Mandate(), { startsAt: at(from), endsAt: to === null ? null : at(from + to), executive });
}

function delegation({ from, to }: { from: number; to: number | null }, revoked: number | null): SigningDelegation {
  const scope = { natures: [], maxAmountCents: 0 };
  const dates = { startsAt: at(from), endsAt: to === null ? null : at(from + to) };
  return Object.assign(new SigningDelegation(), scope, dates, { revokedAt: revoked === null ? null : at(revoked) });
}

const verdictAt = (titles: Title[], second: number) =>
  judge(titles, { nature: 'ACT_NATURE_BUDGET', amountCents: 1, at: at(second) }).verdict.replace(
    'SIGNING_VERDICT_',
    '',
  );

test('who has an executive mandate signs from its first second up to its last, and never otherwise', () => {
  fc.assert(
    fc.property(spell, fc.nat({ max: 60 }), fc.boolean(), ({ from, to }, second, executive) => {
      const holds = executive && from <= second && (to === null || second < from + to);
      const titles = [{ mandate: mandate({ from, to }, executive), delegation: undefined }];
      expect(verdictAt(titles, second)).toBe(holds ? 'BY_RIGHT' : 'NO_TITLE');
    }),
  );
});

test('a delegation never gives a right before its mandate starts, after it ends, or once it is revoked', () => {
  fc.assert(
    fc.property(spell, spell, fc.option(fc.nat({ max: 40 })), fc.nat({ max: 60 }), (own, under, revoked, second) => {
      const titles = [{ mandate: mandate(under), delegation: delegation(own, revoked) }];
      const within = ({ from, to }: typeof own) => from <= second && (to === null || second < from + to);
      const holds = within(own) && within(under) && (revoked === null || second < revoked);
      expect(verdictAt(titles, second)).toBe(holds ? 'BY_DELEGATION' : 'NO_TITLE');
    }),
  );
});

test('one more title never takes a right away', () => {
  const title = fc.record({ own: spell, under: spell, revoked: fc.option(fc.nat({ max: 40 })), byRight: fc.boolean() });
  const made = ({ own, under, revoked, byRight }: typeof title extends fc.Arbitrary<infer T> ? T : never) => ({
    mandate: mandate(under),
    delegation: byRight ? undefined : delegation(own, revoked),
  });
  fc.assert(
    fc.property(fc.array(title, { maxLength: 5 }), title, fc.nat({ max: 60 }), (all, more, second) => {
      const before = judge(all.map(made), { nature: 'ACT_NATURE_BUDGET', amountCents: 1, at: at(second) });
      const after = judge([...all, more].map(made), { nature: 'ACT_NATURE_BUDGET', amountCents: 1, at: at(second) });
      if (before.title) expect(after.title).toBeDefined();
    }),
  );
});
