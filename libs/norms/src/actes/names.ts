import messages from './messages.json' with { type: 'json' };

/** The types of message, by their root element, as the ministry's list of flows and actesv1_1.xsd have them. */
export const MESSAGES: Readonly<Record<Root, MessageKind>> = messages as Record<Root, MessageKind>;

/** `way` says who writes it. Of a message that comes in, the rest says what it does: see effectOf. */
export interface MessageKind {
  type: string;
  way: 'in' | 'out';
  /** What must be known for it to mean anything. */
  needs?: Subject;
  /** Which status that must have. Otherwise nothing changes, or with `else` somebody must look. */
  when?: number;
  else?: 'basket';
  statuses?: Partial<Record<Subject, number>>;
  /** What the platform sends by itself as soon as this has come. */
  sends?: Root;
  classification?: true;
}

/** What a message speaks of. `letter` is the new transaction that a letter of the prefecture makes beside the act. */
export type Subject = 'act' | 'cancellation' | 'answer' | 'question' | 'envelope' | 'letter';

export type Root = keyof typeof messages;

export function isRoot(name: string): name is Root {
  return Object.hasOwn(MESSAGES, name);
}

export const ACTES = 'http://www.interieur.gouv.fr/ACTES#v1.1-20040216';
export const INSEE = 'http://xml.insee.fr/schema';

/** The natures of acts before a prefecture has sent its classification, which then decides. */
export const NATURES: Record<string, string> = { 1: 'DE', 2: 'AR', 3: 'AI', 4: 'CC', 5: 'BF', 6: 'AU' };

/** The natures of local authorities. DGCL added codes in 2021 that no public source lists: unknown is a warning. */
export const AUTHORITY_NATURES = [
  ...['11', '12', '13', '14', '21', '22', '23', '24', '25', '31', '32', '33', '34'],
  ...['41', '42', '43', '44', '45', '46', '47', '51', '52', '53', '54', '55'],
];

/**
 * The internal number of an act. The schema takes small letters too (and that of 2004 spaces and dashes), S2LOW does
 * not, and the prefecture makes the unique identifier of it.
 */
export const NUMBER = /^([A-Z0-9][A-Z0-9_]{0,13})?[A-Z0-9]$/;
export const DEPARTEMENT = /^(0\d\d|02[AB]|9\d\d)$/;

const ACT =
  '(?<dep>[0-9]{2}[0-9AB])-(?<siren>[0-9]{9})-(?<day>[0-9]{8})-(?<number>[A-Za-z0-9_]{1,15})-(?<nature>[A-Z]{2})';
const ARCHIVE_NAME =
  /^[A-Za-z0-9]{3}-(?<envelope>[ET]ACT--(?<siren>[0-9]{9})--(?<day>[0-9]{8})-(?<serial>[1-9][0-9]{0,3}))\.tar\.gz$/;
const ACT_ID = new RegExp(`^${ACT}$`);
const MESSAGE_NAME = new RegExp(`^(?<base>${ACT}-(?<type>[1-7]-[1-5]))_(?<n>[0-9]{1,9})\\.xml$`);
const CLASSIFICATION_NAME =
  /^(?<base>(?<dep>[0-9]{2}[0-9AB])-(?<siren>[0-9]{9})----(?<type>7-1))_(?<n>[0-9]{1,9})\.xml$/;
const DOCUMENT_NAME = /^(?<code>[A-Z0-9_]{5})-(?<base>.+)_(?<n>[0-9]{1,9})\.(?<extension>[A-Za-z]{3,4})$/;

/** `021-000000018-20260310-DEL2026_031-DE`: the unique identifier of an act, taken apart. */
export interface ActId {
  dep: string;
  siren: string;
  /** `YYYYMMDD`, the day of the decision. */
  day: string;
  number: string;
  nature: string;
}

/** What the name of a message says. A 7-1 speaks of no act: its `day`, `number` and `nature` are empty. */
export interface MessageName extends ActId {
  /** The name up to the type, which the names of its documents repeat. */
  base: string;
  type: string;
  n: number;
}

export function parseArchiveName(name: string) {
  return ARCHIVE_NAME.exec(name)?.groups as
    | { envelope: string; siren: string; day: string; serial: string }
    | undefined;
}

export function parseActId(id: string): ActId | undefined {
  const found = ACT_ID.exec(id)?.groups;
  return found && ({ ...found } as unknown as ActId);
}

export function parseMessageName(name: string): MessageName | undefined {
  const found = (MESSAGE_NAME.exec(name) ?? CLASSIFICATION_NAME.exec(name))?.groups;
  return found && ({ day: '', number: '', nature: '', ...found, n: Number(found.n) } as unknown as MessageName);
}

export function parseDocumentName(name: string) {
  const found = DOCUMENT_NAME.exec(name)?.groups as
    | { code: string; base: string; n: string; extension: string }
    | undefined;
  return found && { ...found, n: Number(found.n), extension: found.extension.toLowerCase() };
}

/** `2026-03-10` as names write it. @NOTE the calendar year: `YYYY` of Java, the year of the week, is wrong around New Year. */
export function compact(day: string): string {
  return day.replaceAll('-', '');
}

/** The day as `YYYY-MM-DD`, or undefined when the calendar has no such day. */
export function calendarDay(text: string): string | undefined {
  const [year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)?.slice(1).map(Number) ?? [];
  if (!year || !month || !day) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? text : undefined;
}
