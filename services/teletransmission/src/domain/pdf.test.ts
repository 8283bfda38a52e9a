import fc from 'fast-check';
import { expect, test } from 'vitest';
import { onlyPdf } from './pdf.ts';

const GOOD = Buffer.from('%PDF-1.7\n1 0 obj << >> endobj\ntrailer << >>\nstartxref\n0\n%%EOF\n');

/** What comes out of a document cut in pieces at these places. */
async function passed(document: Buffer, cuts: number[] = [], size = document.length): Promise<Buffer> {
  const places = [0, ...cuts.map((cut) => cut % (document.length + 1)).sort((a, b) => a - b), document.length];
  async function* pieces() {
    for (const [nth, at] of places.slice(0, -1).entries()) yield document.subarray(at, places[nth + 1]);
  }
  const out: Uint8Array[] = [];
  for await (const chunk of onlyPdf(pieces(), size)) out.push(chunk);
  return Buffer.concat(out);
}

test('a PDF passes unchanged, in whatever pieces it comes', async () => {
  const large = Buffer.concat([GOOD.subarray(0, 20), Buffer.alloc(5_000, 'x'), GOOD.subarray(20)]);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(GOOD, large), fc.array(fc.nat(), { maxLength: 12 }), async (document, cuts) => {
      expect((await passed(document, cuts)).equals(document)).toBe(true);
    }),
  );
});

test('what is no PDF is refused, in whatever pieces it comes: an archive, a program, a page, and a PDF behind or before one', async () => {
  const zip = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(2_000)]);
  const bad = [
    zip,
    Buffer.from('MZ\x90\x00', 'latin1'),
    Buffer.from('<!doctype html><script>%PDF-1.7 %%EOF'),
    Buffer.from('%PDF'),
    Buffer.from('%PDF-1.7 without its end'),
    Buffer.concat([zip, GOOD]),
    Buffer.concat([Buffer.from(' '), GOOD]),
    Buffer.concat([GOOD, zip]),
    Buffer.concat([GOOD.subarray(0, -7), Buffer.from('%%EO')]),
  ];
  const refused = expect.objectContaining({ reason: 'DOCUMENT_NOT_PDF' });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...bad), fc.array(fc.nat(), { maxLength: 12 }), async (document, cuts) => {
      await expect(passed(document, cuts)).rejects.toEqual(refused);
    }),
  );
});

test('a document cut short is left to the one who counts its bytes', async () => {
  expect(await passed(GOOD.subarray(0, 20), [], GOOD.length)).toHaveLength(20);
});
