import { isAscii, isUtf8 } from 'node:buffer';
import { Refused } from './reason.ts';

/** An encoding that the norms of the State use. The bytes of both are those of ASCII below 0x80. */
export type Encoding = 'UTF-8' | 'ISO-8859-1';

/** What the header of a document says its bytes are, what they are, and whether a byte order mark begins them. */
export interface Encodings {
  declared: Encoding;
  actual: Encoding | 'ASCII' | 'windows-1252';
  bom: boolean;
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
/** UTF-16 and UTF-32, with a mark or by the zero bytes around the first "<". */
const WIDE = [
  [0xff, 0xfe],
  [0xfe, 0xff],
  [0x3c, 0x00],
  [0x00, 0x3c],
  [0x00, 0x00],
];
const NAMES: Record<string, Encoding> = {
  'utf-8': 'UTF-8',
  utf8: 'UTF-8',
  'us-ascii': 'UTF-8',
  ascii: 'UTF-8',
  'iso-8859-1': 'ISO-8859-1',
  latin1: 'ISO-8859-1',
  'iso-latin-1': 'ISO-8859-1',
};

/**
 * Reads the header and looks at the bytes. ISO-8859-1 gives control characters, which no text has, to the bytes 0x80 to
 * 0x9F; windows-1252 puts the euro, the long dash and curly quotes there.
 * Throws Refused when the header names an encoding that the norms do not use, or when the bytes are UTF-16 or UTF-32.
 */
export function encodingsOf(bytes: Buffer): Encodings {
  if (WIDE.some((start) => start.every((byte, i) => bytes[i] === byte))) throw unknown(' (UTF-16, UTF-32)');
  const bom = bytes.subarray(0, 3).equals(BOM);
  const head = bytes.subarray(bom ? 3 : 0, 256).toString('latin1');
  const header = /^<\?xml\s[^>]*?\bencoding\s*=\s*(?:"([^">]*)"|'([^'>]*)')/.exec(head);
  const name = header?.[1] ?? header?.[2] ?? 'utf-8'; // without a header XML 1.0 is UTF-8
  const declared = NAMES[name.toLowerCase()];
  if (!declared) throw unknown('');
  return { declared, actual: actualOf(bytes), bom };
}

function actualOf(bytes: Buffer): Encodings['actual'] {
  if (isAscii(bytes)) return 'ASCII';
  // Latin-1 text that happens to be well-formed UTF-8 would read "Ã©" for "é": nobody writes that.
  if (isUtf8(bytes)) return 'UTF-8';
  return bytes.some((byte) => byte >= 0x80 && byte < 0xa0) ? 'windows-1252' : 'ISO-8859-1';
}

/** The line and column of the byte at this offset. */
export function placeOf(bytes: Buffer, offset: number): string {
  let line = 1;
  let start = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1 && at < offset; at = bytes.indexOf(0x0a, at + 1)) {
    line += 1;
    start = at + 1;
  }
  return placed(line, offset - start + 1);
}

/**
 * A place as all reasons write it, in any language: `line:column`, both from 1, or the line where no column is known.
 */
export function placed(line: number, column = 0): string {
  return column > 0 ? `${line}:${column}` : `${line}`;
}

function unknown(found: string): Refused {
  return new Refused({
    code: 'ENCODING_UNKNOWN',
    severity: 'refusal',
    where: placed(1, 1),
    fr: {
      message: `L'encodage du fichier${found} n'est ni ISO-8859-1 ni UTF-8, les deux seuls que les normes emploient.`,
      fix: "Enregistrez le fichier en ISO-8859-1 et écrivez-le dans l'en-tête XML, avant toute signature.",
    },
    en: {
      message: `The encoding of the file${found} is neither ISO-8859-1 nor UTF-8, the only two that the norms use.`,
      fix: 'Save the file as ISO-8859-1 and say so in the XML header, before any signature.',
    },
  });
}
