import type { Release } from './release.ts';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type JsonObject = { [name: string]: Json };

/** Lists of objects that are replaced as one: the schemas say wholeListMerge of them. */
export const WHOLE_LISTS = new Set([
  'additionalIdentifiers',
  'additionalClassifications',
  'deliveryAddresses',
  'sustainability',
]);

/**
 * What is known of a process after these releases, of one process: the compiled release. Objects are joined name by name, lists of
 * objects by their ids, other lists and values are replaced, null takes away. A compiled release is a release: to compile it with those
 * that came later gives what all of them give.
 *
 * Source: https://standard.open-contracting.org/1.1/en/schema/merging/
 */
export function compiled<R extends { ocid: string; date: string }>(releases: R[]): R {
  const inOrder = releases.toSorted((a, b) => Date.parse(a.date) - Date.parse(b.date));
  const last = inOrder.at(-1);
  if (!last) throw new Error('a process without a release has no compiled release');
  const known: JsonObject = {};
  for (const release of inOrder) {
    for (const [name, value] of Object.entries(release as unknown as JsonObject)) merge(known, name, value);
  }
  // What a release says of itself, not of the process: omitWhenMerged in the schema.
  return { ...known, id: `${last.ocid}-${last.date}`, date: last.date, tag: ['compiled'] } as unknown as R;
}

function merge(into: JsonObject, name: string, value: Json): void {
  if (value === null) delete into[name];
  else if (isObject(value)) put(into, name, mergedObjects(into[name], value));
  else if (Array.isArray(value) && value.length > 0 && value.every(isObject) && !WHOLE_LISTS.has(name)) {
    into[name] = mergedLists(into[name], value);
  } else into[name] = value;
}

/** An object of which nothing is left says nothing. */
function put(into: JsonObject, name: string, value: JsonObject): void {
  if (Object.keys(value).length > 0) into[name] = value;
  else delete into[name];
}

function mergedObjects(before: Json | undefined, value: JsonObject): JsonObject {
  const known = isObject(before) ? { ...before } : {};
  for (const [name, part] of Object.entries(value)) merge(known, name, part);
  return known;
}

/** Those without an id cannot be known again: they are added. */
function mergedLists(before: Json | undefined, value: JsonObject[]): Json[] {
  const known = Array.isArray(before) ? [...before] : [];
  for (const one of value) {
    const at = one.id === undefined ? -1 : known.findIndex((other) => isObject(other) && other.id === one.id);
    if (at >= 0) known[at] = mergedObjects(known[at], one);
    else known.push(mergedObjects(undefined, one));
  }
  return known;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export interface Record {
  ocid: string;
  releases: Release[];
  compiledRelease: Release;
}

/** A process with its whole history, oldest first, and what is known today. */
export function recordOf(releases: Release[]): Record {
  const compiledRelease = compiled(releases);
  return { ocid: compiledRelease.ocid, releases, compiledRelease };
}

/** Who publishes, where, when, under which licence. */
export interface Publication {
  uri: string;
  publishedDate: string;
  publisher: { name: string };
}

/** The licence of the State's open data, under which essential data are published. */
const LICENSE = 'https://www.etalab.gouv.fr/licence-ouverte-open-licence';

const EXTENSIONS = ['lots', 'bid', 'location', 'otherRequirements', 'subcontracting', 'sustainability'].map(
  (name) =>
    `https://raw.githubusercontent.com/open-contracting-extensions/ocds_${name}_extension/master/extension.json`,
);

/** What every package says. The extensions add lots, counts of tenders, places, reserved lots, subcontracts and
 * responsible considerations. */
const OF_ALL = { version: '1.1', extensions: EXTENSIONS, license: LICENSE } as const;

export const releasePackage = (publication: Publication, releases: Release[]) => ({
  ...publication,
  ...OF_ALL,
  releases,
});

export const recordPackage = (publication: Publication, records: Record[]) => ({
  ...publication,
  ...OF_ALL,
  records,
});
