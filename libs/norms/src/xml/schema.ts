import { readFileSync } from 'node:fs';
import { join, normalize, sep } from 'node:path';
import {
  closeBuffer,
  openBuffer,
  readBuffer,
  type XmlDocument,
  XmlLibError,
  XmlValidateError,
  XsdValidator,
  xmlRegisterInputProvider,
} from 'libxml2-wasm';
import { placed } from './encoding.ts';
import { readXml } from './read.ts';
import { clipped, type Reason } from './reason.ts';
import { kindOf, manyWords, schemaWords } from './schema-words.ts';

/** What a document has that the schema does not: `about` is the name of an element or an attribute. */
export interface SchemaFault extends Reason {
  kind: 'ELEMENT' | 'ATTRIBUTE' | 'LISTED_VALUE' | 'OTHER';
  about: string;
}

/** A compiled schema. It is kept, and never freed, for the life of the process. */
export interface Schema {
  /** What does not conform, in the order of the document; at most 20 reasons and one that says how many follow. */
  faultsOf(document: XmlDocument): SchemaFault[];
}

const MOST = 20;
/** libxml2 knows a schema by an address; ours begins so, whatever the name of the folder on this machine. */
const ADDRESS = 'schema:/';

const compiled = new Map<string, Schema>();
/** The folder of the schema that is being compiled. No file is ever read otherwise: a document names none. */
let folderInUse: string | undefined;

xmlRegisterInputProvider({
  match: (address) => pathOf(address) !== undefined,
  open: (address) => {
    const path = pathOf(address);
    return path === undefined ? undefined : openBuffer(readFileSync(path));
  },
  read: readBuffer,
  close: (file) => {
    closeBuffer(file);
    return true;
  },
});

function pathOf(address: string): string | undefined {
  if (folderInUse === undefined || !address.startsWith(ADDRESS)) return undefined;
  const path = normalize(decodeURIComponent(address.slice(ADDRESS.length)));
  return path.startsWith(`..${sep}`) ? undefined : join(folderInUse, path);
}

/**
 * The schema `file` of a set of schemas, which may include and import others of the same folder by relative paths.
 * Read once for each folder and file. Throws an Error that names the file when it is missing or is no schema.
 */
export function schemaOf(folder: string, file: string): Schema {
  const key = `${folder}\0${file}`;
  const known = compiled.get(key);
  if (known) return known;
  const validator = compile(folder, file);
  const schema = { faultsOf: (document: XmlDocument) => faultsOf(validator, document) };
  compiled.set(key, schema);
  return schema;
}

function compile(folder: string, file: string): XsdValidator {
  folderInUse = folder;
  try {
    const bytes = readFileSync(join(folder, file));
    // The components of a schema point into its document: it lives as long as they do.
    const { document } = readXml(bytes, { received: true, address: `${ADDRESS}${file}` });
    return XsdValidator.fromDoc(document);
  } catch (cause) {
    const why =
      cause instanceof XmlLibError
        ? cause.details.map((one) => `${one.file ?? ''}:${one.line} ${one.message.trim()}`).join('; ')
        : String(cause);
    throw new Error(`the schema ${join(folder, file)} cannot be used: ${why}`, { cause });
  } finally {
    folderInUse = undefined;
  }
}

function faultsOf(validator: XsdValidator, document: XmlDocument): SchemaFault[] {
  try {
    validator.validate(document);
    return [];
  } catch (error) {
    if (!(error instanceof XmlValidateError)) throw error;
    const reasons = error.details.slice(0, MOST).map(({ message, line, xpath }): SchemaFault => {
      const where = xpath ? `${placed(line)} ${clipped(xpath)}` : placed(line);
      return { code: 'SCHEMA', severity: 'refusal', where, ...kindOf(message), ...schemaWords(message) };
    });
    const more = error.details.length - reasons.length;
    if (more > 0)
      reasons.push({
        code: 'SCHEMA',
        severity: 'refusal',
        where: placed(1),
        kind: 'OTHER',
        about: '',
        ...manyWords(more),
      });
    return reasons;
  }
}
