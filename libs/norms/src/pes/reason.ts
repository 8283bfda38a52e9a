import type { Language, Reason } from '../xml/index.ts';
import rules from './rules.json' with { type: 'json' };

/** What Helios and its readers ask, by code. A jurist reviews rules.json, not the code around it. */
export type Code = keyof typeof rules;

/** A word of a sentence: the same in all languages, or one for each. */
export type Fact = string | Record<Language, string>;

/**
 * A reason at a place. `{0}`, `{1}`… of its sentences are facts of the norm or words of the State, never a value that
 * the sender wrote.
 */
export function reason(code: Code, where: string, ...facts: Fact[]): Reason {
  const { severity, ...words } = rules[code];
  const told = (text: string, language: Language) =>
    text.replace(/\{(\d)\}/g, (_, at) => {
      const fact = facts[Number(at)] ?? '';
      return typeof fact === 'string' ? fact : fact[language];
    });
  const said = (language: Language) => ({
    message: told(words[language].message, language),
    fix: told(words[language].fix, language),
  });
  return { code, severity: severity as Reason['severity'], where, fr: said('fr'), en: said('en') };
}

/** How many reasons of one kind are told: what is wrong everywhere is understood by then, and looking on costs time. */
export const MOST_ALIKE = 20;
