import fc from 'fast-check';
import { expect, test } from 'vitest';
import { degreesOfLikeness, errorsBetween, errorsOfHaste } from './likeness.ts';

const word = fc.string({ unit: fc.constantFrom(...'abcdes-'), minLength: 4, maxLength: 12 });

test('one letter left out, one too many, another one, or two in each other’s place is one error', () => {
  for (const typed of ['agencour', 'aagencourt', 'agencourr', 'agnecourt'])
    expect(errorsBetween(typed, 'agencourt')).toBe(1);
  expect(errorsBetween('losne', 'saint-jean-de-losne')).toBe(1);
  expect(errorsBetween('bussieres', 'bussieres')).toBe(0);
  expect(errorsBetween('abcd', 'wxyz')).toBe(4);
});

test('of two words, either way round, there are as many errors, none when they are one, and no more than letters', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      if (a.includes(b) || b.includes(a)) return expect(errorsBetween(a, a)).toBe(0);
      const errors = errorsBetween(a, b);
      expect(errors).toBe(errorsBetween(b, a));
      expect(errors).toBeGreaterThan(0);
      expect(errors).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(errors).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
    }),
    { seed: 31 },
  );
});

test('a word with one error put in is one error away, wherever it is', () => {
  fc.assert(
    fc.property(word, fc.nat(), (name, where) => {
      const at = where % (name.length - 1);
      const swapped = name.slice(0, at) + name[at + 1] + name[at] + name.slice(at + 2);
      const without = name.slice(0, at) + name.slice(at + 1);
      expect(errorsBetween(swapped, name)).toBe(swapped === name ? 0 : 1);
      expect(errorsBetween(without, name)).toBe(1);
    }),
    { seed: 32 },
  );
});

test('the longer a name, the more of it must be alike, and the more errors are haste', () => {
  expect(degreesOfLikeness('bar')).toEqual([0.3, 0.15]);
  const [near = 0, far = 0] = degreesOfLikeness('saint-remy-en-bouzemont-saint-genest-et-isson');
  expect([near, far]).toEqual([0.6, 0.3]);
  expect([errorsOfHaste('bar'), errorsOfHaste('saint-jean-de-losne')]).toEqual([1, 2]);
});
