/** A signature of a PDF, and the bytes it stands between. */
export interface PdfRange {
  /** The signed bytes are `0..from` and `to..end`; between them stands the signature, and nothing else. */
  from: number;
  to: number;
  end: number;
  cms: Buffer;
  subFilter: string;
  /** Whether the kind of signature has its content outside. */
  detached: boolean;
  /** The entry M, when there is one. */
  at?: Date;
}

/** What is called a signature and does not stand where a signature can. */
export interface Misplaced {
  at: number;
}

const DETACHED = ['ETSI.CAdES.detached', 'adbe.pkcs7.detached'];
/** A dictionary of a signature without its value is some hundred bytes. */
const NEAR = 4096;

/**
 * Finds the signatures of a PDF by their ByteRange. A range that has holes, lies about its signature, or stands in another
 * object than the signature is misplaced: that is how signed documents are made to show something else.
 */
export function rangesOf(pdf: Buffer): (PdfRange | Misplaced)[] {
  const found: (PdfRange | Misplaced)[] = [];
  for (let at = pdf.indexOf('/ByteRange'); at !== -1; at = pdf.indexOf('/ByteRange', at + 1)) {
    found.push(rangeAt(pdf, at) ?? { at });
  }
  return found;
}

function rangeAt(pdf: Buffer, at: number): PdfRange | undefined {
  const written = /^\/ByteRange\s*\[\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]/.exec(
    pdf.toString('latin1', at, at + 200),
  );
  const [start, from, to, length] = (written?.slice(1) ?? []).map(Number);
  if (start !== 0 || from === undefined || to === undefined || length === undefined) return undefined;
  const end = to + length;
  if (!(from > 0 && from < to && end <= pdf.length)) return undefined;
  const before = pdf.toString('latin1', Math.max(0, from - NEAR), from);
  const after = pdf.toString('latin1', to, Math.min(end, to + NEAR));
  const hex = pdf.toString('latin1', from, to);
  if (!/\/Contents\s*$/.test(before) || !/^<[0-9A-Fa-f\s]+>$/.test(hex)) return undefined;
  // The dictionary around the signature: from the object that it begins to its end, both near.
  const opened = before.lastIndexOf(' obj');
  const closed = after.indexOf('endobj');
  if (opened === -1 || closed === -1 || before.includes('endobj', opened)) return undefined;
  const own = at > from - before.length + opened && at < to + closed;
  if (!own) return undefined;
  const dictionary = before.slice(opened) + after.slice(0, closed);
  const subFilter = /\/SubFilter\s*\/([\w.]+)/.exec(dictionary)?.[1] ?? '';
  const signedAt = dateIn(dictionary);
  const cms = Buffer.from(hex.replace(/[<>\s]/g, ''), 'hex');
  const range = { from, to, end, cms, subFilter, detached: DETACHED.includes(subFilter) };
  return signedAt ? { ...range, at: signedAt } : range;
}

/** The entry M: `(D:20220301101500+01'00')`. */
function dateIn(dictionary: string): Date | undefined {
  const parts = /\/M\s*\(D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:Z|([+-]\d\d)'?(\d\d)?'?)?/.exec(dictionary);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second, zone = '+00', zoneMinutes = '00'] = parts;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}:${zoneMinutes}`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
