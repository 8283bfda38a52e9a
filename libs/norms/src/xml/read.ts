import { ParseOption, XmlDocument, XmlParseError } from 'libxml2-wasm';
import { type Encodings, encodingsOf, placed, placeOf } from './encoding.ts';
import { type Reason, Refused } from './reason.ts';
import { encodingWords, syntaxWords, words } from './words.ts';

/** How much of a document is read. What is beyond is refused, not cut. */
export interface Limits {
  /** Bytes of the file: 150 MiB, the largest archive and the largest PES that S2LOW takes. */
  bytes: number;
  /** Elements inside each other: 256, where libxml2 stops by itself unless told otherwise. */
  depth: number;
  /** Attributes of one element. */
  attributes: number;
}

export const LIMITS: Limits = { bytes: 150 * 1024 * 1024, depth: 256, attributes: 256 };

export interface ReadOptions extends Partial<Limits> {
  /**
   * Bytes in UTF-8 under a header that says ISO-8859-1 are read as UTF-8, with a warning: so does the ministry write.
   * Otherwise they are refused: what the sender reads is not what the State will read.
   */
  received?: boolean;
  /**
   * The address of the document, from which what it includes is found. Schemas have one; what strangers send has
   * none.
   */
  address?: string;
}

/** A document that was read. It lives outside the garbage collector: declare it with `using`. */
export interface ReadXml extends Disposable {
  document: XmlDocument;
  encodings: Encodings;
  /** What is wrong without being a reason to refuse. */
  warnings: Reason[];
}

/** Only what the document itself says: no network, no file, no entity. Large text is read, for attachments are text. */
const OPTIONS =
  ParseOption.XML_PARSE_NONET |
  ParseOption.XML_PARSE_NO_XXE |
  ParseOption.XML_PARSE_BIG_LINES |
  ParseOption.XML_PARSE_HUGE |
  ParseOption.XML_PARSE_NO_SYS_CATALOG;

/**
 * Reads XML that a stranger sent. Free it by `using`, or by its dispose.
 * Throws Refused when the document is empty, too large, no XML, has a DOCTYPE, is not in the encoding that it declares,
 * or is nested too deep.
 */
export function readXml(bytes: Uint8Array, { received = false, address, ...limits }: ReadOptions = {}): ReadXml {
  const { bytes: most, depth, attributes } = { ...LIMITS, ...limits };
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length === 0) throw refused('EMPTY_FILE', placed(1, 1));
  if (buffer.length > most) throw refused('FILE_TOO_LARGE', placed(1, 1), String(Math.floor(most / 1024 / 1024)));
  const encodings = encodingsOf(buffer);
  refuseProlog(buffer, encodings.bom ? 3 : 0);
  const { encoding, warnings } = readingOf(buffer, encodings, received);
  const document = parsed(buffer, encoding, address);
  try {
    refuseShape(document, depth, attributes);
  } catch (error) {
    document.dispose();
    throw error;
  }
  return { document, encodings, warnings, [Symbol.dispose]: () => document.dispose() };
}

function refused(code: keyof typeof words, where: string, ...facts: string[]): Refused {
  return new Refused({ code, severity: 'refusal', where, ...words[code](...facts) });
}

/** What stands before the root: white space, a header, instructions, comments. A DOCTYPE can stand nowhere else. */
function refuseProlog(bytes: Buffer, from: number): void {
  // A reader of PDF accepts its mark anywhere in the first 1,024 bytes: the same file would be two documents.
  const pdf = bytes.subarray(0, 1024).indexOf('%PDF-');
  if (pdf !== -1) throw refused('POLYGLOT', placeOf(bytes, pdf), 'PDF');
  for (let at = afterSpace(bytes, from); ; ) {
    if (bytes[at] !== 0x3c) throw refused('NOT_XML', placeOf(bytes, at));
    const next = bytes.toString('latin1', at + 1, at + 9);
    if (/^!DOCTYPE/i.test(next)) throw refused('DOCTYPE', placeOf(bytes, at));
    const end = next.startsWith('!--') ? '-->' : '?>';
    if (end === '?>' && !next.startsWith('?')) return;
    const found = bytes.indexOf(end, at + 2);
    if (found === -1) throw refused('NOT_WELL_FORMED', placeOf(bytes, at));
    at = afterSpace(bytes, found + end.length);
  }
}

function afterSpace(bytes: Buffer, from: number): number {
  let at = from;
  while ([0x20, 0x09, 0x0a, 0x0d].includes(bytes[at] ?? 0)) at += 1;
  return at;
}

/** In which encoding the bytes are to be read. */
function readingOf(bytes: Buffer, { declared, actual, bom }: Encodings, received: boolean) {
  const agreed = { encoding: declared, warnings: [] as Reason[] };
  // @NOTE UTF-8 that is not is told by the parser, which knows the place.
  if (declared === 'UTF-8' || (actual === 'ASCII' && !bom) || actual === 'ISO-8859-1') return agreed;
  if (actual === 'windows-1252')
    throw refused(
      'WINDOWS_1252',
      placeOf(
        bytes,
        bytes.findIndex((byte) => byte >= 0x80 && byte < 0xa0),
      ),
    );
  const where = placeOf(
    bytes,
    bytes.findIndex((byte) => byte >= 0x80),
  );
  const reason = { code: 'ENCODING_MISMATCH', where, ...encodingWords('UTF-8', declared) };
  if (!received) throw new Refused({ ...reason, severity: 'refusal' });
  return { encoding: 'UTF-8', warnings: [{ ...reason, severity: 'warning' }] satisfies Reason[] };
}

function parsed(bytes: Buffer, encoding: string, url: string | undefined): XmlDocument {
  try {
    return XmlDocument.fromBuffer(bytes, { option: OPTIONS, encoding, ...(url && { url }) });
  } catch (error) {
    if (!(error instanceof XmlParseError)) throw error;
    const { message = '', line = 1, col = 0 } = error.details[0] ?? {};
    const where = placed(line, col);
    if (/^Excessive depth/.test(message)) throw refused('TOO_DEEP', where);
    if (/^Invalid bytes in character/.test(message)) {
      throw new Refused({ code: 'ENCODING_MISMATCH', severity: 'refusal', where, ...encodingWords('', encoding) });
    }
    throw new Refused({ code: 'NOT_WELL_FORMED', severity: 'refusal', where, ...syntaxWords(message) });
  }
}

function refuseShape(document: XmlDocument, depth: number, attributes: number): void {
  // The prolog was read by hand: libxml2, which has the last word on what is markup, must agree with it.
  if (document.dtd) throw refused('DOCTYPE', placed(1));
  const deep = document.get('/*'.repeat(depth + 1));
  if (deep) throw refused('TOO_DEEP', placed(deep.line));
  const wide = document.get(`(//*[@*[${attributes + 1}]])[1]`);
  if (wide) throw refused('TOO_MANY_ATTRIBUTES', placed(wide.line), String(attributes));
}
