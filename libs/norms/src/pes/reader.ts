import { readFileSync } from 'node:fs';
import { answer } from '../isolated/index.ts';
import { certificatesOf } from '../signed/certificate.ts';
import { type Checked, type CheckOptions, checkPes } from './check.ts';
import { type PesFile, type ReaderSettings, refusedWith } from './open-reader.ts';

// The process in which PES of strangers are judged: see openReader.

let options: CheckOptions | undefined;

answer<ReaderSettings, PesFile, Checked>(
  ({ norms, trust, now }) => {
    options = { norms, now: new Date(now), ...(trust !== undefined && { trusted: certificatesOf(trust) }) };
    return [];
  },
  async ({ path }) => {
    if (!options) throw new Error('a file came before the settings');
    const bytes = bytesOf(path);
    return bytes ? checkPes(bytes, options) : refusedWith('FILE_UNREADABLE');
  },
);

/** Undefined when the system refuses to read it; anything else is a defect of ours, and ends this process. */
function bytesOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code) throw error;
    return undefined;
  }
}
