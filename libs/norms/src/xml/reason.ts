/** The languages of reasons. French comes first: it is what an agent reads. */
export type Language = 'fr' | 'en';

/** What is wrong and why (`message`), and what to do (`fix`), for a person. */
export interface Words {
  message: string;
  fix: string;
}

/**
 * One thing that a norm finds wrong in a document. `code` names what is wrong, `where` is a place in the document:
 * `line:column`, a path of XML, or both. The words never repeat a value of the document, save what the State writes
 * in an answer for its reader: they may be logged.
 */
export interface Reason extends Record<Language, Words> {
  code: string;
  severity: 'refusal' | 'warning';
  where: string;
}

/** What the commands print of a reason. */
export interface PrintedReason extends Words {
  code: string;
  where: string;
}

/** `valide`, `avertissement` when all reasons are warnings, `rejet` when one is a refusal. */
export type Verdict = 'valide' | 'avertissement' | 'rejet';

/** The verdict that these reasons make together. */
export function verdictOf(reasons: readonly Reason[]): Verdict {
  if (reasons.some(({ severity }) => severity === 'refusal')) return 'rejet';
  return reasons.length > 0 ? 'avertissement' : 'valide';
}

/** A reason in one language, with the keys in the order that is promised. */
export function printed({ code, where, ...reason }: Reason, language: Language): PrintedReason {
  const { message, fix } = reason[language];
  return { code, where, message, fix };
}

/** The document cannot be read at all. `reasons` has at least one reason. */
export class Refused extends Error {
  readonly reasons: readonly Reason[];

  constructor(...reasons: Reason[]) {
    super(reasons.map(({ code, where, en }) => `${code} (${where}): ${en.message}`).join('; '));
    this.name = 'Refused';
    this.reasons = reasons;
  }
}

/** A name or a path of a document, short enough for a sentence and without control characters. */
export function clipped(text: string, length = 160): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}]/gu, '?');
  return plain.length > length ? `${plain.slice(0, length - 1)}…` : plain;
}
