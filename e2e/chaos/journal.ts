import { appendFileSync, readFileSync } from 'node:fs';

export type Kind =
  | 'admit'
  | 'enrol'
  | 'grant'
  | 'revoke'
  | 'create'
  | 'publish'
  | 'extend'
  | 'close'
  /** An act, and the day of its publication. */
  | 'deposit'
  | 'declare';

/** What the driver knows of one command. Times are ISO 8601. */
export interface Entry {
  requestId: string;
  kind: Kind;
  operator: string;
  /** What was asked, without the request_id. */
  asked: Record<string, string>;
  /** `unknown`: no answer came yet, so that it may have been done or not. */
  outcome: 'accepted' | 'refused' | 'unknown';
  /** Why it was refused. */
  reason: string;
  /** Ids and times that the answer gave. */
  given: Record<string, string>;
  /** False when the same request_id was answered twice, and not with the same words. */
  consistent: boolean;
}

/** What the driver saw, in memory and as one JSON line each in a file: the last line of a request_id counts. */
export interface Journal {
  note(entry: Entry): void;
  entries(): Entry[];
  count(outcome: Entry['outcome']): number;
}

export function openJournal(file: string): Journal {
  const known = new Map<string, Entry>();
  const counts = { accepted: 0, refused: 0, unknown: 0 };
  return {
    note(entry) {
      const before = known.get(entry.requestId);
      if (before) counts[before.outcome]--;
      counts[entry.outcome]++;
      known.set(entry.requestId, entry);
      appendFileSync(file, `${JSON.stringify(entry)}\n`);
    },
    entries: () => [...known.values()],
    count: (outcome) => counts[outcome],
  };
}

/** The journal as its file tells it. */
export function readJournal(file: string): Entry[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const known = new Map<string, Entry>();
  for (const line of lines) {
    const entry = JSON.parse(line) as Entry;
    known.set(entry.requestId, entry);
  }
  return [...known.values()];
}
