import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pack, unpack } from './index.ts';

const files = [
  { name: 'a.xml', bytes: Buffer.from('<a/>') },
  { name: 'b.pdf', bytes: Buffer.alloc(1_500, 'b') },
  { name: 'c.png', bytes: Buffer.alloc(512, 'c') },
  { name: 'd.xml', bytes: Buffer.alloc(0) },
];

async function* inOne(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

test('what is packed is read again, wherever the pieces in which it was compressed begin', async () => {
  const tar = gunzipSync(await pack(files, '2026-03-12'));
  const places = fc.uniqueArray(fc.nat({ max: tar.length }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(places, async (cuts) => {
      const borders = [0, ...cuts.sort((a, b) => a - b), tar.length];
      const members = borders.slice(1).map((to, i) => gzipSync(tar.subarray(borders[i], to)));
      const { entries, faults } = await unpack(inOne(Buffer.concat(members)), { keepAll: true });
      expect(faults).toEqual([]);
      expect([...entries.values()].map(({ name, bytes }) => ({ name, bytes }))).toEqual(files);
    }),
    { seed: 6, numRuns: 200 },
  );
});

test('cut anywhere, an archive is damaged, or warned of when only its end is missing', async () => {
  const tar = gunzipSync(await pack(files, '2026-03-12'));
  const end = tar.length - 1_024;
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: tar.length - 1 }), async (size) => {
      const { entries, faults } = await unpack(inOne(gzipSync(tar.subarray(0, size))));
      const whole = [...entries.values()].reduce((sum, one) => sum + 512 * (1 + Math.ceil(one.size / 512)), 0);
      const codes = faults.map(({ code }) => code);
      if (size === 0) expect(codes).toEqual(['ARCHIVE_EMPTY']);
      else if (size >= end) expect(codes).toEqual(['END_MISSING']);
      // Between two files nothing tells that there were more: the envelope does.
      else expect(codes).toEqual([size === whole ? 'END_MISSING' : 'ARCHIVE_DAMAGED']);
    }),
    { seed: 6, numRuns: 300 },
  );
});

test('a large archive is packed as a small one is: whole, and the same bytes each time', async () => {
  const large = [{ name: 'e.pdf', bytes: Buffer.alloc(700_001, 'large ') }, ...files];
  const once = await pack(large, '2026-03-12');
  expect(once.equals(await pack(large, '2026-03-12'))).toBe(true);
  const { entries, faults } = await unpack(inOne(once), { keepAll: true });
  expect(faults).toEqual([]);
  expect([...entries.values()].map(({ name, bytes }) => ({ name, bytes }))).toEqual(large);
});
