import { join } from 'node:path';
import { type Cost, type Isolated, openIsolated } from '../isolated/index.ts';
import { placed } from '../xml/index.ts';
import type { Checked } from './check.ts';
import { type Code, reason } from './reason.ts';

/** What the reader of PES is told once. */
export interface ReaderSettings {
  norms: string;
  /** The text of a file of PEM; without it the authority of a certificate is not judged. */
  trust?: string;
  /** Milliseconds, as Date has them. */
  now: number;
}

export interface PesFile {
  path: string;
}

export interface Reader extends AsyncDisposable, Pick<Isolated<PesFile, Checked>, 'missing'> {
  check(file: PesFile): Promise<Checked & { cost?: Cost }>;
}

/**
 * A PES is in memory whole: its bytes, a copy for libxml2, the tree, and the text and bytes of its largest attachment.
 * Eight of each byte were measured on one attachment that is all of the file.
 */
const MEMORY_PER_BYTE = 8;

/**
 * Starts a process without network that judges PES one by one. One that makes it take too much, or die, is refused.
 * `readable` are the files or the folders that it will be given. Throws an Error when there is no certificate in
 * `trust`.
 */
export async function openReader(settings: ReaderSettings, readable: readonly string[]): Promise<Reader> {
  const isolated = await openIsolated<PesFile, Checked>({
    program: join(import.meta.dirname, 'reader.ts'),
    settings,
    readable: [settings.norms, ...readable],
    memoryPerByte: MEMORY_PER_BYTE,
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
export function refusedWith(code: Code): Checked {
  return { reasons: [reason(code, placed(1))], sha256: '' };
}
