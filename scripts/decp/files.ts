import { createReadStream } from 'node:fs';
import { type Norms, readNorms } from '@jonction/norms/decp';
import { normsDir } from '@jonction/stack';
import { Mistake } from '../start/running.ts';
import { type Read, readContracts } from './read.ts';
import { Unreadable } from './unreadable.ts';

export function openNorms(): Norms {
  return readNorms(normsDir());
}

/** The contracts of a file. Throws `Unreadable` where it cannot be read further. */
export async function* contractsIn(file: string, norms: Norms): AsyncGenerator<Read> {
  yield* readContracts(createReadStream(file, { highWaterMark: 65_536 }), norms.schema);
}

/** A day given on the command line, or the present one in Paris, where the law counts days. */
export function dayOf(given: string | undefined): string {
  if (given === undefined) return new Date().toLocaleDateString('sv-SE', { timeZone: 'Europe/Paris' });
  if (!/^\d{4}-\d{2}-\d{2}$/.test(given) || Number.isNaN(Date.parse(given))) {
    throw new Mistake(`--today "${given}" is no day: write AAAA-MM-JJ.`);
  }
  return given;
}

/** Writes a line, and waits while the reader of our output is slower than we are. */
export async function say(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await new Promise((resolve) => process.stdout.once('drain', resolve));
}

export function tell(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

/** Says why a file cannot be read, in both languages. Whatever else is thrown is a defect, and goes on. */
export function tellUnreadable(file: string, error: unknown): void {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (error instanceof Unreadable) tell(`${file}: ${error.message}\n${file} : ${error.fr}`);
  else if (syscall) tell(`${file}: cannot be opened (${code}).\n${file} : ouverture impossible (${code}).`);
  else throw error;
}
