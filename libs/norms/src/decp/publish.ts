import { appendFile, mkdir, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Concession, Contract, Loose, Marche } from './contract.ts';
import { NAMES } from './facts.ts';
import { type Reason, reason } from './reasons.ts';
import { toJson, toXml } from './write.ts';

export interface Published {
  /** Names of the files that are new or other than before. */
  written: string[];
  unchanged: string[];
  /** What was not taken, though it was given: the law lets data once published be added to, not changed. */
  refused: { id: string; reasons: Reason[] }[];
}

/** Contracts waiting in memory before they go to the spool. */
const WAITING_MAX = 1_000;
/** What a killed run may leave behind; the next one takes it away. */
const LEFT_BEHIND = /^\.decp-/;

/**
 * Publishes contracts into static monthly files, `decp-<name>-<AAAA-MM>.json` and `.xml`, updated in place: a contract stays for
 * ever in the month of its first publication. Each file is written beside itself and moved over the old one, and only if it is
 * other than before: at any moment a reader has the old or the new one, whole. Holds one file's contracts at a time.
 *
 * One run at a time in a folder: two would each lose what the other adds.
 */
export async function publishFiles(
  contracts: AsyncIterable<Contract>,
  { folder, nameOf }: { folder: string; nameOf: (contract: Contract) => string },
): Promise<Published> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (LEFT_BEHIND.test(name)) await rm(join(folder, name), { recursive: true });
  }
  const spool = await mkdtemp(join(folder, '.decp-spool-'));
  try {
    const published: Published = { written: [], unchanged: [], refused: [] };
    for (const name of await sortByFile(contracts, spool, nameOf)) {
      const merged = await mergedInto(join(folder, `${name}.json`), join(spool, name));
      published.refused.push(...merged.refused);
      for (const [extension, text] of [
        ['json', toJson(merged.marches, merged.concessions)],
        ['xml', toXml(merged.contracts)],
      ] as const) {
        const file = `${name}.${extension}`;
        const changed = await writeInPlace(folder, file, text);
        (changed ? published.written : published.unchanged).push(file);
      }
    }
    return published;
  } finally {
    await rm(spool, { recursive: true });
  }
}

/** Lays the contracts down by the file they go to, and says which files those are. */
async function sortByFile(
  contracts: AsyncIterable<Contract>,
  spool: string,
  nameOf: (contract: Contract) => string,
): Promise<string[]> {
  const names = new Set<string>();
  let waiting: [string, string][] = [];
  const flush = async () => {
    for (const [name, lines] of Map.groupBy(waiting, ([file]) => file)) {
      await appendFile(join(spool, name), lines.map(([, line]) => `${line}\n`).join(''));
    }
    waiting = [];
  };
  for await (const contract of contracts) {
    const name = `decp-${nameOf(contract)}-${contract.record.datePublicationDonnees.slice(0, 7)}`;
    if (!/^decp-[\w-]{1,64}-\d{4}-\d{2}$/.test(name))
      throw new Error('this cannot be the name of a file: judge contracts first');
    names.add(name);
    waiting.push([name, JSON.stringify(contract)]);
    if (waiting.length >= WAITING_MAX) await flush();
  }
  await flush();
  return [...names].sort();
}

/** The contracts of a file with those that came, in an order that does not depend on how they came. */
async function mergedInto(file: string, spooled: string) {
  const known = new Map<string, Contract>();
  for (const contract of await existing(file)) known.set(keyOf(contract), contract);
  const refused: Published['refused'] = [];
  for (const line of (await readFile(spooled, 'utf8')).trimEnd().split('\n')) {
    const contract = JSON.parse(line) as Contract;
    const before = known.get(keyOf(contract));
    const changed = before ? changesOf(before.record, contract.record) : [];
    if (changed.length > 0) refused.push({ id: contract.record.id, reasons: changed });
    else if (!before || !isOlder(contract.record, before.record)) known.set(keyOf(contract), contract);
  }
  const contracts = [...known.keys()].sort().map((key) => known.get(key) as Contract);
  const of = <T>(kind: Contract['kind']) =>
    contracts.filter((one) => one.kind === kind).map(({ record }) => record as T);
  return { contracts, marches: of<Marche>('marche'), concessions: of<Concession>('contrat-concession'), refused };
}

/** What we have published in this file before: nothing, when it is not there. */
async function existing(file: string): Promise<Contract[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{"marches":{}}';
    throw error;
  });
  const { marches } = JSON.parse(text) as { marches: { marche?: Marche[]; 'contrat-concession'?: Concession[] } };
  return [
    ...(marches.marche ?? []).map((record): Contract => ({ kind: 'marche', record })),
    ...(marches['contrat-concession'] ?? []).map((record): Contract => ({ kind: 'contrat-concession', record })),
  ];
}

function keyOf({ kind, record }: Contract): string {
  const buyer = (record as unknown as Record<string, { id: string }>)[NAMES[kind].buyer]?.id;
  return JSON.stringify([kind, buyer, record.id]);
}

/** The lists that grow after the first publication. */
const GROWING = ['modifications', 'actesSousTraitance', 'modificationsActesSousTraitance', 'donneesExecution'];

/**
 * What a new version of a contract changes that the law has it leave alone. An older version that comes late changes
 * nothing: its lists are the beginning of those that are known.
 */
function changesOf(before: object, after: object): Reason[] {
  const [old, now] = [before as Loose, after as Loose];
  const fields = new Set([...Object.keys(old), ...Object.keys(now)]);
  const changed = [...fields].filter((field) => {
    if (!GROWING.includes(field)) return JSON.stringify(ordered(old[field])) !== JSON.stringify(ordered(now[field]));
    const [a, b] = [(old[field] ?? []) as unknown[], (now[field] ?? []) as unknown[]];
    return a.some(
      (one, index) => index < b.length && JSON.stringify(ordered(one)) !== JSON.stringify(ordered(b[index])),
    );
  });
  return changed.map((field) => reason('PUBLISHED_ONCE', `/${field}`));
}

function isOlder(record: object, known: object): boolean {
  const count = (one: object) =>
    GROWING.reduce((sum, field) => sum + (((one as Loose)[field] as unknown[]) ?? []).length, 0);
  return count(record) < count(known);
}

/** The same value with its names in order: two files may say one thing in two orders. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]) => [key, ordered(part)]);
}

/** Whether the file had to be written: a reader who looks at its date must not load it again for nothing. */
async function writeInPlace(folder: string, file: string, text: AsyncIterable<string>): Promise<boolean> {
  const [target, beside] = [join(folder, file), join(folder, `.decp-${file}`)];
  {
    await using handle = await open(beside, 'w');
    await handle.writeFile(text);
    await handle.sync();
  }
  if (await sameBytes(target, beside)) {
    await rm(beside);
    return false;
  }
  await rename(beside, target);
  await using directory = await open(folder, 'r');
  await directory.sync();
  return true;
}

async function sameBytes(a: string, b: string): Promise<boolean> {
  const read = (path: string) => readFile(path).catch(() => undefined);
  const [one, other] = await Promise.all([read(a), read(b)]);
  return one !== undefined && other !== undefined && one.equals(other);
}
