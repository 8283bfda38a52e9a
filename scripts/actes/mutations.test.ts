import { expect, test } from 'vitest';
import { campaign } from './campaign.ts';
import { drawFrom, goodArchives, mutate } from './mutations.ts';
import { normsDir } from './norms.ts';
import { DIRS } from './sample.ts';
import { hasSystemJudge } from './system-judge.ts';

// The whole campaign is npm run -s actes -- mutate; its result is kept in docs/decisions/033-acts-before-they-leave.md.
test.skipIf(!hasSystemJudge())(
  '80 mutated archives are refused or accepted as tar and xmllint say, and no reader dies',
  { timeout: 120_000 },
  async () => {
    const told = await campaign(normsDir(process.env), { count: 80, seed: 4 });
    expect([told.disagreements, told.deaths]).toEqual([[], []]);
    expect(told.bothRefuse).toBeGreaterThan(20);
    expect(told.bothAccept).toBeGreaterThan(5);
  },
);

test('the same seed makes the same mutants', () => {
  const good = goodArchives(`${DIRS.synthetic}/actes`);
  const some = (seed: number) => {
    const draw = drawFrom(seed);
    return Array.from({ length: 30 }, () => mutate(good[draw(good.length)] ?? good[0]!, draw));
  };
  expect(some(7)).toEqual(some(7));
  expect(some(7)).not.toEqual(some(8));
});
