import { createHash } from 'node:crypto';
import type { Contract, Kind, Loose } from './contract.ts';
import { duplicateKey, factsOf, inner, lastPublished, list } from './facts.ts';
import { ministryRules } from './ministry.ts';
import type { Norms } from './norms.ts';
import { type Reason, reason } from './reasons.ts';
import { schemaLayer } from './schema-layer.ts';

/** What becomes of one contract: by the schema, then by the Ministry. */
export interface Verdict {
  id: string | null;
  kind: Kind;
  schema: 'ok' | 'invalid' | 'v1';
  ministry: 'kept' | 'set-aside' | 'repaired';
  reasons: Reason[];
}

/** A contract as a file has it; `reasons` are faults of form that are no longer seen in the record. */
export interface Found {
  kind: Kind;
  record: Loose;
  reasons: Reason[];
}

export interface Judge {
  /** Whether the schema lets it pass: only then does it come to the Ministry's rules, that on duplicates among them. */
  isValid(found: Found): boolean;
  /** `other` is the number of the contract that is kept in its place, where `Duplicates` found one. */
  judge(found: Found, other?: number): Verdict;
}

/** A judge by the norms, on a day (`AAAA-MM-JJ`) after which nothing can have been notified or published. */
export function judgeBy(norms: Norms, today: string): Judge {
  const schema = schemaLayer(norms.schema);
  const circumstances = { today, cpv: norms.cpv };
  return {
    isValid: ({ kind, record, reasons }) => reasons.length === 0 && !isV1(record) && schema(kind, record).length === 0,
    judge({ kind, record, reasons: formal }, other) {
      const facts = factsOf(kind, record);
      const id = facts.id?.slice(0, 64) ?? null;
      if (isV1(record)) return { id, kind, schema: 'v1', ministry: 'set-aside', reasons: [reason('FORMAT_V1', '')] };
      const refused = [...formal, ...schema(kind, record)];
      const found = ministryRules.flatMap((rule) => rule(facts, circumstances));
      if (other !== undefined) found.push(reason('DUPLICATE', '', { other }));
      const has = (effect: Reason['effect']) => found.some((one) => one.effect === effect);
      return {
        id,
        kind,
        schema: refused.length > 0 ? 'invalid' : 'ok',
        // What the schema refuses never comes to the Ministry's own rules: it is dropped (E_VALIDATION).
        ministry: refused.length > 0 || has('set-aside') ? 'set-aside' : has('repaired') ? 'repaired' : 'kept',
        reasons: [...refused, ...found],
      };
    },
  };
}

/**
 * Finds the contracts of a file that the Ministry takes for one. It keeps the one published last, and of those of one
 * day the last: so all must have been seen before the first can be judged. Holds some 100 bytes a contract.
 */
export class Duplicates {
  #kept = new Map<string, number>();
  #seen = 0;

  /** Notes the next contract of the file. Those that the schema refuses do not count, but have their number. */
  note(kind: Kind, record: Loose, valid: boolean): void {
    const number = ++this.#seen;
    if (!valid) return;
    const key = hashed(kind, record);
    // The day, then the number, in one: the greater is kept.
    const day = Number(lastPublished(record).replace(/\D/g, '').slice(0, 8));
    this.#kept.set(key, Math.max(this.#kept.get(key) ?? 0, day * NUMBERS + number));
  }

  /** The number of the contract that is kept instead of this one, if another is. */
  insteadOf(number: number, kind: Kind, record: Loose): number | undefined {
    const kept = (this.#kept.get(hashed(kind, record)) ?? number) % NUMBERS;
    return kept === number ? undefined : kept;
  }
}

/** More contracts than a file has; a day of eight digits times this is still exact. */
const NUMBERS = 2 ** 26;

function hashed(kind: Kind, record: Loose): string {
  const key = duplicateKey(factsOf(kind, record));
  return createHash('sha256').update(key).digest().toString('latin1', 0, 12);
}

const ONLY_2022 = [
  'techniques',
  'modalitesExecution',
  'ccag',
  'typesPrix',
  'offresRecues',
  'marcheInnovant',
  'typeGroupementOperateurs',
  'considerationsSociales',
  'considerationsEnvironnementales',
];

/** Whether this is the format of before 2024: none of the fields of 2022, and something that only v1 says. */
export function isV1(record: Loose): boolean {
  if (ONLY_2022.some((field) => field in record)) return false;
  const [holder] = [...list(record.titulaires), ...list(record.concessionnaires)];
  const flat = inner({ holder }, 'holder');
  const wrapped = { ...inner(holder, 'titulaire'), ...inner(holder, 'concessionnaire') };
  return (
    ['_type', 'uuid', 'uid'].some((field) => field in record) ||
    'typeIdentifiant' in flat ||
    'denominationSociale' in wrapped ||
    'nom' in inner(record, 'acheteur')
  );
}

/** What Jonction puts into its own files: what both layers let pass, and a SIRET of La Poste, which only the Ministry mistakes. */
export function isPublishable({ schema, reasons }: Verdict): boolean {
  const against = reasons.filter(({ effect, code }) => effect === 'set-aside' || code === 'TEXT_NOT_XML');
  return schema === 'ok' && against.every(({ code }) => code === 'SIRET_LA_POSTE');
}

/** The contract as the Ministry publishes it: with its repairs. Only for one that is not set aside for the schema. */
export function repaired(kind: Kind, record: Loose, { reasons }: Verdict): Contract {
  const copy = structuredClone(record);
  for (const { at, repair } of reasons) {
    if (!repair || repair.to.startsWith('INX')) continue; // a mark of the Ministry's own tables, which the schema refuses
    const steps = at.slice(1).split('/');
    const last = steps.pop() ?? '';
    let target: Loose = copy;
    for (const step of steps) target = target[step] as Loose;
    target[last] = repair.to;
  }
  return { kind, record: copy } as unknown as Contract;
}

/** The numbers that buyers have given, each to one contract: a buyer's SIRET and its number name a contract in the country. */
export class Numbers {
  #taken = new Map<string, number>();

  /** Notes a contract, the `place`-th of its file. Answers with the reason why its number is not free. */
  take({ kind, record }: Pick<Found, 'kind' | 'record'>, place: number): Reason[] {
    const { buyer, id } = factsOf(kind, record);
    const uid = `${kind} ${buyer} ${id}`;
    const other = this.#taken.get(uid);
    if (other !== undefined) return [reason('UID_TAKEN', '/id', { other })];
    this.#taken.set(uid, place);
    return [];
  }
}
