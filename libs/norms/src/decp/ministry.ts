import { hasLuhnKey } from '../luhn.ts';
import { checkSiret } from '../sirene.ts';
import { cpvRepair, mustSayOrigin } from './cpv.ts';
import { isDay } from './day.ts';
import { type Facts, inner, list, NAMES, number, text } from './facts.ts';
import { type Reason, reason } from './reasons.ts';
import { fitsXml } from './write.ts';

/** What a rule needs beside the contract: the day of the file (`AAAA-MM-JJ`) and the CPV. */
export interface Circumstances {
  today: string;
  cpv: ReadonlyMap<string, string>;
}

type Rule = (facts: Facts, circumstances: Circumstances) => Reason[];

/**
 * The second layer: what the Ministry does with a contract that the schema lets pass, before it stands in the national
 * files. One function a rule, in the order of its program; warnings of our own and of the law come last.
 *
 * Source: 139bercy/decp-arr2022, augmente/nettoyage.py and general_process/GlobalProcess.py.
 */
export const ministryRules: Rule[] = [
  missingFields,
  identifierTypes,
  shortObject,
  amount,
  buyerSiret,
  holderIdentifiers,
  cpv,
  duration,
  days,
  daysOfActs,
  contradiction,
  idFormat,
  origin,
  sequences,
  controlCharacters,
];

const LIMITS = {
  marche: { amount: 3_000_000_000, months: 180 },
  'contrat-concession': { amount: 15_000_000_000, months: 360 },
};

/** A value of the wrong type is there: that it is wrong, the schema says. */
function missingFields({ kind, record, holders }: Facts): Reason[] {
  const names = NAMES[kind];
  const asked: [string, unknown][] = [
    ['id', record.id],
    [names.buyer, inner(record, names.buyer).id],
    [names.amount, record[names.amount]],
    ['dureeMois', record.dureeMois],
    [names.holders, holders[0]?.id],
    ...(kind === 'contrat-concession' ? [['objet', record.objet] as [string, unknown]] : []),
  ];
  const missing = asked.filter(([, value]) => value === undefined || value === null || value === '');
  return missing.map(([field]) => reason('MISSING', `/${field}`, { field }));
}

const TYPES = ['SIRET', 'TVA', 'TAHITI', 'RIDET', 'FRWF', 'IREP', 'HORS-UE'];
const TYPES_REPAIRED: Record<string, string> = { FRW: 'FRWF', HORS_UE: 'HORS-UE', 'TVA-intracommunautaire': 'TVA' };

/** The schema refuses these too: the repair serves the few sources that the Ministry does not hold to the schema. */
function identifierTypes({ holders }: Facts): Reason[] {
  return holders.slice(0, 1).flatMap(({ at, type }) => {
    const to = TYPES_REPAIRED[type ?? ''];
    if (type && to) return [reason('IDENTIFIER_TYPE_REPAIRED', `${at}/typeIdentifiant`, {}, { from: type, to })];
    return TYPES.includes(type ?? '') ? [] : [reason('IDENTIFIER_TYPE', `${at}/typeIdentifiant`)];
  });
}

function shortObject({ kind, record }: Facts): Reason[] {
  const withoutKey = (text(record.codeCPV) ?? '').length < 10;
  const short = (text(record.objet) ?? '').length < 5;
  return kind === 'marche' && withoutKey && short ? [reason('OBJECT_SHORT', '/objet')] : [];
}

function amount({ kind, amount: value }: Facts): Reason[] {
  if (value === undefined) return [];
  const at = `/${NAMES[kind].amount}`;
  // The Ministry cuts the amount of a marché to whole euros first.
  const digits = String(kind === 'marche' ? Math.trunc(value) : value);
  const max = LIMITS[kind].amount;
  return [
    ...(value > max ? [reason('AMOUNT_HIGH', at, { max: max.toLocaleString('fr-FR') })] : []),
    ...(value < 1 ? [reason('AMOUNT_LOW', at)] : []),
    ...(value > 100_000_000 && mostRepeated(digits) > 6 ? [reason('AMOUNT_REPEATED', at)] : []),
    ...(digits.startsWith('123456789') ? [reason('AMOUNT_SEQUENCE', at)] : []),
  ];
}

/** Zeros do not count, and neither do sixes, @NOTE which the Ministry's program forgets. */
function mostRepeated(digits: string): number {
  return Math.max(...[...'12345789'].map((digit) => digits.split(digit).length - 1));
}

function buyerSiret({ kind, buyer }: Facts): Reason[] {
  return buyer === undefined ? [] : siretReasons(buyer, `/${NAMES[kind].buyer}/id`);
}

/** The Ministry's tables have room for three holders: those after them are not looked at. */
function holderIdentifiers({ holders }: Facts): Reason[] {
  return holders.flatMap(({ at, type = '', id }, index) => {
    if (id === undefined) return [];
    const found = identifierReasons(type, id, `${at}/id`);
    return index < 3 || found.length === 0 ? found : [reason('IDENTIFIER_UNSEEN', `${at}/id`)];
  });
}

const FORMS: Record<string, RegExp> = {
  TAHITI: /^[a-zA-Z0-9]{9}$/,
  RIDET: /^[a-zA-Z0-9]{10}$/,
  FRWF: /^FRWF[a-zA-Z0-9]{14}$/,
  IREP: /^[0-9]{5}[a-zA-Z0-9]*$/,
  'HORS-UE': /^[A-Z]{2}[a-zA-Z0-9]{0,16}$/,
};

function identifierReasons(type: string, id: string, at: string): Reason[] {
  if (type === 'SIRET') return siretReasons(id, at);
  const form = FORMS[type];
  return form && !form.test(id) ? [reason('IDENTIFIER_FORM', at, { type, form: form.source })] : [];
}

function siretReasons(siret: string, at: string): Reason[] {
  if (!/^[0-9]{14}$/.test(siret)) return [reason('SIRET', at)];
  if (!/[1-9]/.test(siret)) return [reason('SIRET_ZEROS', at)];
  const possible = checkSiret(siret).ok;
  if (!hasLuhnKey(siret)) return [reason(possible ? 'SIRET_LA_POSTE' : 'SIRET', at)];
  return possible ? [] : [reason('SIRET_DOUBTFUL', at)];
}

function cpv({ record }: Facts, { cpv: list }: Circumstances): Reason[] {
  const code = text(record.codeCPV);
  const found = code === undefined || code === '' ? undefined : cpvRepair(code, list);
  return found ? [found] : [];
}

function duration({ kind, months }: Facts): Reason[] {
  if (months === undefined) return [];
  const max = LIMITS[kind].months;
  if (months > max) return [reason('DURATION_LONG', '/dureeMois', { max })];
  return months <= 0 ? [reason('DURATION_SHORT', '/dureeMois')] : [];
}

const DAY = /^20[1-3]\d-[01]\d-[0-3]\d$/;

/** @NOTE A concession may begin in the future, and one of its two days is enough for the Ministry. */
function days({ kind, record }: Facts, { today }: Circumstances): Reason[] {
  const wrong = (field: string) => {
    const day = text(record[field]);
    return day !== undefined && !(DAY.test(day) && isDay(day));
  };
  const late = (field: string) => !wrong(field) && (text(record[field]) ?? '') > today;
  const fields = kind === 'marche' ? ['dateNotification', 'datePublicationDonnees'] : ['datePublicationDonnees'];
  return [
    ...fields.filter(wrong).map((field) => reason('DATE_FORMAT', `/${field}`)),
    ...fields.filter(late).map((field) => reason('DATE_FUTURE', `/${field}`)),
    ...(kind === 'contrat-concession' && wrong('dateDebutExecution') && wrong('datePublicationDonnees')
      ? [reason('DATE_FORMAT', '/dateDebutExecution')]
      : []),
  ];
}

const ACTS = [
  ['modifications', 'modification'],
  ['actesSousTraitance', 'acteSousTraitance'],
  ['modificationsActesSousTraitance', 'modificationActeSousTraitance'],
] as const;

function daysOfActs({ record }: Facts): Reason[] {
  return ACTS.flatMap(([field, name]) =>
    list(record[field]).flatMap((one, index) =>
      Object.entries(inner(one, name))
        .filter(([key, value]) => key.startsWith('date') && !(DAY.test(text(value) ?? '') && isDay(text(value) ?? '')))
        .map(([key]) => reason('DATE_ODD', `/${field}/${index}/${name}/${key}`)),
    ),
  );
}

function contradiction({ record }: Facts): Reason[] {
  const pairs = [
    ['considerationsSociales', 'considerationSociale'],
    ['considerationsEnvironnementales', 'considerationEnvironnementale'],
  ] as const;
  return pairs.flatMap(([field, name]) => {
    const values = list(inner(record, field)[name]).map(text);
    const none = values.some((value) => value?.startsWith('Pas de considération'));
    return none && values.length > 1 ? [reason('CONSIDERATIONS_CONTRADICT', `/${field}`)] : [];
  });
}

function idFormat({ id }: Facts): Reason[] {
  return id === undefined || /^[A-Za-z0-9/\-_ .#]{1,16}$/.test(id) ? [] : [reason('ID_FORMAT', '/id')];
}

function origin({ record }: Facts): Reason[] {
  const fields = ['origineUE', 'origineFrance'];
  const missing = mustSayOrigin(text(record.codeCPV) ?? '')
    ? fields.filter((field) => record[field] === undefined)
    : [];
  const france = number(record.origineFrance) ?? 0;
  return [
    ...missing.map((field) => reason('ORIGIN_MISSING', `/${field}`, { field })),
    ...(france > (number(record.origineUE) ?? 1) ? [reason('ORIGIN_ORDER', '/origineFrance')] : []),
  ];
}

function sequences({ record }: Facts): Reason[] {
  const unordered = ACTS.slice(0, 2).flatMap(([field, name]) => {
    const acts = list(record[field]).map((one) => inner(one, name));
    const dayOf = (act: object) =>
      String(Object.entries(act).find(([key]) => /^date(Notification|Signature)/.test(key))?.[1]);
    const inOrder = acts.every((act, index) => act.id === index + 1 && dayOf(act) >= dayOf(acts[index - 1] ?? act));
    return inOrder ? [] : [reason('SEQUENCE', `/${field}`)];
  });
  const known = new Set(list(record.actesSousTraitance).map((one) => inner(one, 'acteSousTraitance').id));
  const unknown = list(record.modificationsActesSousTraitance).flatMap((one, index) =>
    known.has(inner(one, 'modificationActeSousTraitance').id)
      ? []
      : [reason('ACT_UNKNOWN', `/modificationsActesSousTraitance/${index}`)],
  );
  return [...unordered, ...unknown];
}

function controlCharacters({ record }: Facts): Reason[] {
  return textsIn(record, '').flatMap(([at, value]) => (fitsXml(value) ? [] : [reason('TEXT_NOT_XML', at)]));
}

function textsIn(value: unknown, at: string): [string, string][] {
  if (typeof value === 'string') return [[at, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => textsIn(part, `${at}/${key}`));
}
