import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasLuhnKey, sumOfDigits } from './luhn.ts';
import { checkSiren, checkSiret } from './sirene.ts';

const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length });
const withKey = (start: string) => start + [...'0123456789'].find((key) => hasLuhnKey(start + key));

const sirens = digits(8)
  .filter((start) => Number(start) > 0)
  .map(withKey);
const sirets = fc
  .tuple(sirens, digits(4))
  .map(([siren, order]) => withKey(siren + order))
  .filter((siret) => !siret.startsWith('356000000'));
const laPosteSirets = digits(5)
  .map((order) => `356000000${order}`)
  .filter((siret) => sumOfDigits(siret) % 5 === 0);

/** A number with one of its digits moved up by `shift` (1 to 9), in a circle. */
function mistype(number: string, at: number, shift: number): string {
  const digit = (Number(number[at]) + shift) % 10;
  return number.slice(0, at) + digit + number.slice(at + 1);
}
const shifts = fc.integer({ min: 1, max: 9 });

test('real numbers are accepted', () => {
  for (const siren of ['217500016', '732829320', '356000000']) expect(checkSiren(siren)).toEqual({ ok: true });
  for (const siret of ['21750001600019', '73282932000074', '13000548100010'])
    expect(checkSiret(siret)).toEqual({ ok: true });
});

test('the head office of La Poste has a Luhn key, its establishments a sum that is a multiple of five', () => {
  expect(checkSiret('35600000000048')).toEqual({ ok: true });
  expect(checkSiret('35600000049837')).toEqual({ ok: true });
  expect(checkSiret('35600000009075')).toEqual({ ok: true });
  expect(checkSiret('35600000009076')).toMatchObject({ ok: false, why: 'KEY' });
  // The sum rule is La Poste's alone: 7+3+2+8+2+9+3+2+4 is a multiple of five, and the number has no Luhn key.
  expect(checkSiret('73282932000040')).toMatchObject({ ok: false, why: 'KEY' });
});

test('a number that has the key but is all zeros is refused', () => {
  expect(checkSiren('000000000')).toMatchObject({ why: 'KEY' });
  expect(checkSiret('00000000000000')).toMatchObject({ why: 'KEY' });
});

test('a SIRET whose own key is right is refused when its SIREN is wrong', () => {
  expect(hasLuhnKey('11122233344455')).toBe(true);
  expect(checkSiret('11122233344455')).toMatchObject({ why: 'KEY' });
});

test('length is judged before digits, and nothing is trimmed', () => {
  expect(checkSiren('')).toMatchObject({ why: 'LENGTH' });
  expect(checkSiret(' 21750001600019')).toMatchObject({ why: 'LENGTH' });
  expect(checkSiret('2175000160001')).toMatchObject({ why: 'LENGTH' });
  expect(checkSiret('2175000160001A')).toMatchObject({ why: 'DIGITS' });
  expect(checkSiren('21750001\n')).toMatchObject({ why: 'DIGITS' });
  expect(checkSiren('٢١٧٥٠٠٠١٦')).toMatchObject({ why: 'DIGITS' });
});

test('every number made with its key is accepted', () => {
  fc.assert(fc.property(sirens, (siren) => void expect(checkSiren(siren).ok).toBe(true)));
  fc.assert(fc.property(sirets, (siret) => void expect(checkSiret(siret).ok).toBe(true)));
  fc.assert(fc.property(laPosteSirets, (siret) => void expect(checkSiret(siret).ok).toBe(true)));
});

test('one digit mistyped breaks the key', () => {
  const wrong = { ok: false, why: 'KEY' };
  fc.assert(
    fc.property(sirens, fc.nat(8), shifts, (siren, at, shift) => {
      expect(checkSiren(mistype(siren, at, shift))).toMatchObject(wrong);
    }),
  );
  fc.assert(
    fc.property(sirets, fc.nat(13), shifts, (siret, at, shift) => {
      expect(checkSiret(mistype(siret, at, shift))).toMatchObject(wrong);
    }),
  );
});

test('one digit mistyped in an establishment of La Poste is seen, save when it is off by five', () => {
  const orders = fc.integer({ min: 9, max: 13 });
  fc.assert(
    fc.property(laPosteSirets, orders, shifts, (siret, at, shift) => {
      const mistyped = mistype(siret, at, shift);
      fc.pre(mistyped !== '35600000000048');
      expect(checkSiret(mistyped).ok).toBe(shift === 5);
    }),
  );
});

test('a text that is not made of digits is refused, never thrown', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      fc.pre(!/^[0-9]+$/.test(text));
      expect([checkSiren(text).ok, checkSiret(text).ok]).toEqual([false, false]);
    }),
  );
});
