import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { XmlDocument } from 'libxml2-wasm';
import { placed, type Reason, type SchemaFault, schemaOf } from '../xml/index.ts';
import { reason } from './reason.ts';

/** A set of schemas as the DGFiP publishes it, in a folder of its own: `pes_v5.17`. */
interface SchemaSet {
  version: string;
  folder: string;
  /** Every name of an element or attribute that is declared anywhere in the set. */
  names: Set<string>;
}

/** The schema of each message in a set, by the namespace and name of its root. */
const FILES: Record<string, string> = {
  'http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/aller PES_Aller': 'PES_V2/Rev0/PES_Aller.xsd',
  'http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour/v2 PES_ACQUIT': 'PES_V2/Rev0/PES_V2_Acquit_Autonome_V2.xsd',
  'http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour PES_ACQUIT': 'PES_V2/Rev0/PES_V2_Acquit_Autonome.xsd',
  'http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour PES_Retour': 'PES_V2/RETOUR/Rev0/PES_Retour.xsd',
  'http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/aller/ack PES_ACQUIT_RETOUR':
    'PES_V2/RETOUR/Rev0/PES_V2_Acquit_Retour.xsd',
};

const read = new Map<string, SchemaSet[]>();

/** The sets in a folder of norms, the newest first. Read once for each folder; empty when there is none. */
function setsIn(norms: string): SchemaSet[] {
  const known = read.get(norms);
  if (known) return known;
  const parent = join(norms, 'teletransmission/helios/xsd');
  const folders = namesIn(parent).filter((name) => /^pes_v\d+(\.\d+)*$/.test(name));
  const newestFirst = folders.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  const sets = newestFirst.map((name) => setOf(join(parent, name), name.slice('pes_v'.length)));
  read.set(norms, sets);
  return sets;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // there is none, or it may not be read: each file then says that there are no schemas
  }
}

function setOf(folder: string, version: string): SchemaSet {
  const texts = globSync('**/*.xsd', { cwd: folder }).map((file) => readFileSync(join(folder, file), 'utf8'));
  const names = texts.flatMap((text) => [...text.matchAll(/<(?:\w+:)?(?:element|attribute)\s[^>]*?\bname="([^"]+)"/g)]);
  return { version, folder, names: new Set(names.map(([, name = '']) => name)) };
}

/**
 * Compares a message with every set of schemas in the folder of norms: it conforms when it conforms to one of them,
 * for the DGFiP takes several at a time. Otherwise the newest speaks. What that one has no name for may be of a newer
 * version, and is a warning: the DGFiP publishes several a year, and a message must not wait for us.
 */
export function conformity(document: XmlDocument, norms: string): Reason[] {
  const { namespaceUri, name } = document.root;
  const file = FILES[`${namespaceUri} ${name}`];
  const sets = setsIn(norms).filter(({ folder }) => file && existsSync(join(folder, file)));
  if (!file || sets.length === 0) return [reason('SCHEMA_MISSING', placed(1))];
  const faults = sets.map(({ folder }) => schemaOf(folder, file).faultsOf(document));
  if (faults.some((list) => list.length === 0)) return [];
  const [{ version, names }] = sets as [SchemaSet];
  return faults[0]!.map(({ kind, about, ...fault }) => {
    if (!mayBeNewer({ kind, about }, names)) return fault;
    const subject = { fr: fault.fr.message.replace(/\.$/, ''), en: fault.en.message.replace(/\.$/, '') };
    return reason('SCHEMA_NEWER', fault.where, subject, version);
  });
}

/** A list of values grows with the versions; a name that no schema of the set declares is of another version. */
function mayBeNewer({ kind, about }: Pick<SchemaFault, 'kind' | 'about'>, names: Set<string>): boolean {
  if (kind === 'LISTED_VALUE') return true;
  return (kind === 'ELEMENT' || kind === 'ATTRIBUTE') && !names.has(about);
}
