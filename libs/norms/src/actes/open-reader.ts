import { join } from 'node:path';
import { type Cost, type Isolated, openIsolated } from '../isolated/index.ts';
import type { Authority, Checked } from './check.ts';
import { type RuleCode, reason } from './reason.ts';

/** What the reader of archives is told once. */
export interface ReaderSettings {
  /** The folder of actesv1_1.xsd and of the schemas that it imports. */
  schemas: string;
  today: string;
  authority?: Authority;
  /** The bytes of a RetourClassification: it comes from outside too, and is read inside. */
  classification?: Uint8Array;
  /** The text of a file of PEM: authorities whose certificates may sign. */
  trust?: string;
}

export interface ArchiveFile {
  path: string;
  /** Under which it is sent. */
  name: string;
}

export interface Reader extends AsyncDisposable, Pick<Isolated<ArchiveFile, Checked>, 'missing'> {
  check(file: ArchiveFile): Promise<Checked & { cost?: Cost }>;
}

/**
 * Starts a process without network that judges archives one by one. One that makes it take too much, or die, is refused.
 * `readable` are the files or the folders that it will be given. Throws Refused when the classification is none.
 */
export async function openReader(settings: ReaderSettings, readable: readonly string[]): Promise<Reader> {
  const program = join(import.meta.dirname, 'reader.ts');
  const isolated = await openIsolated<ArchiveFile, Checked>({
    program,
    settings,
    readable: [settings.schemas, ...readable],
  });
  return {
    missing: isolated.missing,
    async check(file) {
      const judged = await isolated.judge(file);
      if ('overrun' in judged) return refusedWith(judged.overrun);
      return { ...judged.answer, ...(judged.cost && { cost: judged.cost }) };
    },
    [Symbol.asyncDispose]: () => isolated[Symbol.asyncDispose](),
  };
}

/** The verdict on what was not read. */
export function refusedWith(code: RuleCode): Checked {
  return { reasons: [reason(code, 'archive')], sha256: '', envelope: '', acts: [] };
}
