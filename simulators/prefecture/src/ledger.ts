import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What is said of an envelope by the one who sends it. */
export interface Envelope {
  envelope_id: string;
  /** Where the answer is put. */
  mailbox: string;
  siren: string;
  departement: string;
  number: string;
  /** The two letters of the prefecture's own list: `DE`, `AR`, `AI`, `CC`, `BF`, `AU`. */
  nature: string;
  /** `YYYY-MM-DD`. */
  decided_on: string;
  /** Of the document: hexadecimal, and bytes. */
  sha256: string;
  size: number;
}

/** One fact a line, never changed. `at` is in milliseconds since 1970. */
export type Entry =
  | { kind: 'received'; at: number; envelope: Envelope }
  | { kind: 'repeated'; at: number; envelope_id: string }
  | { kind: 'answered'; at: number; envelope_id: string; messages: Message[] }
  | { kind: 'written'; at: number; message: Message }
  | { kind: 'removed'; at: number; message_id: string };

/** A message in a mailbox; `body` is the text whose bytes are read. */
export interface Message {
  message_id: string;
  mailbox: string;
  body: string;
}

export interface Ledger extends Disposable {
  /** What was there when it was opened. */
  entries: Entry[];
  /** Writes an entry; it survives a power cut once this returns. */
  append(entry: Entry): void;
}

/** Opens `ledger.jsonl` of a folder, made if it is missing. The remains of a line cut by a crash are removed: nobody was told of it. */
export function openLedger(folder: string): Ledger {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'ledger.jsonl');
  const isNew = !existsSync(path);
  const file = openSync(path, 'a');
  if (isNew) sync(folder);
  const bytes = readFileSync(path);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  if (whole < bytes.length) truncateSync(path, whole);
  const lines = bytes.subarray(0, whole).toString('utf8').split('\n').filter(Boolean);
  return {
    entries: lines.map((line) => JSON.parse(line) as Entry),
    append(entry) {
      writeSync(file, `${JSON.stringify(entry)}\n`);
      fsyncSync(file);
    },
    [Symbol.dispose]: () => closeSync(file),
  };
}

function sync(folder: string): void {
  for (const path of [folder, dirname(folder)]) {
    const handle = openSync(path, 'r');
    fsyncSync(handle);
    closeSync(handle);
  }
}
