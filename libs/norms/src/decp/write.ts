import type { Concession, Contract, Marche } from './contract.ts';

/** The one name that differs between the two formats, for the elements of `modificationsActesSousTraitance`. */
export const XML_NAME = 'modificationActesSousTraitance';
export const JSON_NAME = 'modificationActeSousTraitance';

type Several<T> = Iterable<T> | AsyncIterable<T>;

/**
 * A file of the JSON format 2.0.4, one contract at a time, one a line. The two kinds stand in two lists, the marchés first:
 * hence two arguments.
 */
export async function* toJson(marches: Several<Marche>, concessions: Several<Concession> = []): AsyncGenerator<string> {
  yield '{"marches":{"marche":[';
  yield* separated(marches);
  let list = '\n]';
  for await (const line of separated(concessions)) {
    yield list === '' ? line : `${list},"contrat-concession":[${line}`;
    list = '';
  }
  yield list === '' ? '\n]}}\n' : `${list}}}\n`;
}

async function* separated(records: Several<object>): AsyncGenerator<string> {
  let before = '\n';
  for await (const record of records) {
    yield `${before}${JSON.stringify(record)}`;
    before = ',\n';
  }
}

/** A file of the XSD 2.0.2, one contract at a time. Throws for a text that XML cannot carry: judge first (TEXT_NOT_XML). */
export async function* toXml(contracts: Several<Contract>): AsyncGenerator<string> {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<marches>\n';
  for await (const { kind, record } of contracts) yield `${element(kind, record)}\n`;
  yield '</marches>\n';
}

/**
 * The XSD asks for no order and the schema names every list, so what is written follows from the value alone: texts of
 * a list stand one after the other, objects of a list have the list's element around them.
 */
function element(name: string, value: unknown): string {
  const tag = name === JSON_NAME ? XML_NAME : name;
  if (Array.isArray(value)) {
    const items = value.map((item) => (typeof item === 'object' ? inside(item) : element(name, item))).join('');
    return typeof value[0] === 'object' ? `<${tag}>${items}</${tag}>` : items;
  }
  return `<${tag}>${inside(value)}</${tag}>`;
}

function inside(value: unknown): string {
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'number') return decimal(value);
  if (typeof value === 'boolean') return String(value);
  const said = Object.entries(value as object).filter(([, part]) => part !== undefined);
  return said.map(([name, part]) => element(name, part)).join('');
}

/**
 * xs:decimal knows no exponent, and libxml2, by which files are judged, takes 24 digits: what is below 10⁻²⁰ becomes 0.
 */
function decimal(value: number): string {
  const short = String(value);
  if (!short.includes('e')) return short;
  return Math.abs(value) < 1 ? value.toFixed(20).replace(/\.?0+$/, '') : String(BigInt(value));
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };

function escaped(text: string): string {
  if (!fitsXml(text)) throw new Error('a text holds a character that XML cannot carry');
  return text.replace(/[&<>\r]/g, (character) => ESCAPES[character] ?? character);
}

/** Whether XML 1.0 can carry this text at all, escaped or not. */
export function fitsXml(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters in question
  return text.isWellFormed() && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text);
}
