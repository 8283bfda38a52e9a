import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Look, startLook } from './look.ts';

const BODY = '%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n';
const pdf = (trailer = '', body = BODY) =>
  Buffer.from(`${body}xref\n0 1\ntrailer\n<< /Root 1 0 R ${trailer}>>\nstartxref\n${body.length}\n%%EOF\n`, 'latin1');

/** Looks at bytes that come in pieces of this size. */
function lookAt(bytes: Buffer, size = 65_536): Look {
  const look = startLook();
  for (let at = 0; at < bytes.length; at += size) look.take(bytes.subarray(at, at + size));
  return look.end();
}

test('what a file is does not depend on how it was cut into pieces on its way', () => {
  const files = [
    pdf(),
    pdf('/Encrypt 9 0 R '),
    pdf('', `${BODY}% ${'x'.repeat(150_000)}\n`),
    Buffer.from('<a/>'),
    Buffer.from('x'),
  ];
  const property = fc.property(fc.constantFrom(...files), fc.integer({ min: 1, max: 70_000 }), (bytes, size) => {
    expect(lookAt(bytes, Math.max(size, Math.ceil(bytes.length / 2_000)))).toEqual(lookAt(bytes));
  });
  fc.assert(property, { seed: 1, numRuns: 60 });
});

test('a PDF is told by its content: whole, locked, cut, damaged, or another file too', () => {
  expect(lookAt(pdf())).toEqual({ format: 'pdf' });
  expect(lookAt(pdf('/Encrypt 9 0 R ')).fault).toBe('LOCKED');
  expect(lookAt(pdf('/Encrypt << /Filter /Standard >> ')).fault).toBe('LOCKED');
  expect(lookAt(pdf().subarray(0, -8)).fault).toBe('CUT');
  expect(lookAt(Buffer.concat([pdf(), Buffer.from('behind')])).fault).toBe('CUT');
  expect(
    lookAt(
      Buffer.from(
        pdf()
          .toString()
          .replace(/startxref\n\d+/, 'startxref\n5'),
      ),
    ).fault,
  ).toBe('DAMAGED');
  expect(lookAt(Buffer.concat([Buffer.from('GIF89a'), pdf()])).format).toBe('unknown');
});

test('a PDF that speaks of encryption in its text is not locked', () => {
  expect(lookAt(pdf('', `${BODY}% the word /Encrypt is a name of ISO 32000\n`)).fault).toBeUndefined();
});

test('a PDF whose comment of a ZIP hides its end is a ZIP', () => {
  const comment = pdf();
  const end = Buffer.concat([
    Buffer.from(`504b0506${'00'.repeat(16)}`, 'hex'),
    Buffer.from([comment.length & 255, comment.length >> 8]),
    comment,
  ]);
  expect(lookAt(Buffer.concat([pdf(), end])).fault).toBe('POLYGLOT');
});

test('a picture of a camera may have bytes behind its end, but no program', () => {
  const jpeg = (behind: string) =>
    Buffer.concat([
      Buffer.from('ffd8ffe0', 'hex'),
      Buffer.alloc(64, 1),
      Buffer.from('ffd9', 'hex'),
      Buffer.from(behind),
    ]);
  expect(lookAt(jpeg(''))).toEqual({ format: 'jpg' });
  expect(lookAt(jpeg('SEFT of a telephone')).fault).toBeUndefined();
  expect(lookAt(jpeg('<?php __HALT_COMPILER(); ?>')).fault).toBe('POLYGLOT');
  expect(lookAt(jpeg('').subarray(0, 60)).fault).toBe('CUT');
});

test('a page of HTML is no XML of an act, and nothing is nothing', () => {
  expect(lookAt(Buffer.from('<html><script>alert(1)</script></html>')).format).toBe('unknown');
  expect(lookAt(Buffer.from('\u{feff}<?xml version="1.0"?><a/>')).format).toBe('xml');
  expect(lookAt(Buffer.alloc(0))).toEqual({ format: 'unknown', fault: 'EMPTY' });
});
