import TEXTS from './reasons.json' with { type: 'json' };

export type Code = keyof typeof TEXTS;

/**
 * What a layer does because of a reason: `refused` by the schema, `set-aside` or `repaired` by the Ministry, or nothing
 * but a `warning`.
 */
export type Effect = 'refused' | 'set-aside' | 'repaired' | 'warning';

/** Why a contract is not kept as it stands: where (a JSON pointer into the contract), why, and what to do. */
export interface Reason {
  code: Code;
  effect: Effect;
  at: string;
  en: string;
  fr: string;
  /** Who says so: a schema, the Ministry's program, the law, or Jonction. */
  source: string;
  /** What the Ministry writes in its place. */
  repair?: Repair;
}

export interface Repair {
  from: string;
  to: string;
}

/** The reason of this code at that place. `facts` fill in its sentences; a repair is one of them, as `to`. */
export function reason(code: Code, at: string, facts: Record<string, string | number> = {}, repair?: Repair): Reason {
  const { effect, source, en, fr } = TEXTS[code];
  const all: Record<string, string | number> = { ...facts, ...repair };
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => String(all[name] ?? ''));
  return { code, effect: effect as Effect, at, en: fill(en), fr: fill(fr), source, ...(repair ? { repair } : {}) };
}
