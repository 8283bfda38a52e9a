import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A JSON schema, or a part of one, as far as we look into it. */
export interface Schema {
  $ref?: string;
  allOf?: Schema[];
  type?: string;
  pattern?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  definitions?: Record<string, Schema>;
}

/** What others have fixed and the rules are checked against: the schema 2.0.4, and the CPV of 2008 by its eight digits. */
export interface Norms {
  schema: Schema;
  /** The check digit of each code. */
  cpv: ReadonlyMap<string, string>;
}

/** Reads them from the operator's folder of reference data. Throws a sentence that names the file that is not there. */
export function readNorms(folder: string): Norms {
  const schema = JSON.parse(textOf(join(folder, 'procurement/decp/schema_decp_v2.0.4.json'))) as Schema;
  const lines = textOf(join(folder, 'procurement/cpv/cpv_2008.csv')).split('\n').slice(1);
  const cpv = new Map(
    lines.flatMap((line) => (/^\d{8},\d,/.test(line) ? [[line.slice(0, 8), line[9] ?? '']] : [])) as [string, string][],
  );
  return { schema, cpv };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new Error(
      `${path} cannot be read: set NORMS_DIR to the folder of the reference data.\n` +
        `${path} est illisible : indiquez dans NORMS_DIR le dossier des données de référence.`,
    );
  }
}

/** The schema that a reference of the same document leads to. */
export function resolved(part: Schema, root: Schema): Schema {
  const target = part.$ref ?? part.allOf?.[0]?.$ref;
  if (target === undefined) return part;
  let at: unknown = root;
  for (const step of target.split('/').slice(1)) at = (at as Record<string, unknown> | undefined)?.[step];
  return resolved((at ?? {}) as Schema, root);
}
