import type { Reason } from '../xml/index.ts';
import rules from './rules.json' with { type: 'json' };

/** What the norm and its readers ask, by code. A jurist reviews rules.json, not the code around it. */
export type RuleCode = keyof typeof rules;

/** A reason, at a place: the name of a file, and what is in it. The rule stands at the end of the message. */
export function reason(code: RuleCode, where: string): Reason {
  const { severity, rule, fr, en } = rules[code];
  return {
    code,
    severity: severity as Reason['severity'],
    where,
    fr: { message: `${fr.message} [${rule}]`, fix: fr.fix },
    en: { message: `${en.message} [${rule}]`, fix: en.fix },
  };
}

/** The reason of one document of an archive: its place begins with the name of the document. */
export function within(file: string, one: Reason): Reason {
  return { ...one, where: `${file} ${one.where}` };
}
