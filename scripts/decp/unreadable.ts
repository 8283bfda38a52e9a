/** A file that cannot be read further: what was read before stands. `line` counts from 1, absent when nothing was read. */
export class Unreadable extends Error {
  readonly code: string;
  readonly line: number | undefined;
  readonly fr: string;

  constructor(code: UnreadableCode, { line, detail }: { line?: number | undefined; detail?: string | undefined } = {}) {
    const { en, fr } = TEXTS[code];
    const place = line === undefined ? ['', ''] : [`line ${line}: `, `ligne ${line} : `];
    const more = detail ? ` (${detail})` : '';
    super(`${place[0]}${en}${more}`);
    this.code = code;
    this.line = line;
    this.fr = `${place[1]}${fr}${more}`;
  }
}

const TEXTS = {
  EMPTY: { en: 'the file is empty: export it again.', fr: 'le fichier est vide : exportez-le de nouveau.' },
  NEITHER: {
    en: 'this is neither JSON nor XML: it should begin with { or <.',
    fr: 'ceci n’est ni du JSON ni du XML : il devrait commencer par { ou <.',
  },
  ENCODING: {
    en: 'this text is not in the encoding it claims (UTF-8 unless an XML declaration says otherwise): convert it to UTF-8.',
    fr: 'ce texte n’est pas dans l’encodage annoncé (UTF-8 sauf déclaration XML contraire) : convertissez-le en UTF-8.',
  },
  JSON_SYNTAX: {
    en: 'the JSON is broken here (NaN, a comma or a quote too many or too few, a file cut short): export it again.',
    fr: 'le JSON est rompu ici (NaN, virgule ou guillemet en trop ou manquant, fichier tronqué) : exportez-le de nouveau.',
  },
  XML_SYNTAX: {
    en: 'the XML is broken here: export it again.',
    fr: 'le XML est rompu ici : exportez-le de nouveau.',
  },
  DOCTYPE: {
    en: 'a DOCTYPE is refused, for it can make a reader fetch or multiply text: take it out.',
    fr: 'un DOCTYPE est refusé, car il peut faire chercher ou multiplier du texte : retirez-le.',
  },
  TOO_DEEP: {
    en: 'this is nested deeper than any contract: it was not read further.',
    fr: 'l’imbrication dépasse celle de tout contrat : la lecture s’arrête ici.',
  },
  TOO_LONG: {
    en: 'this contract, or this text, is larger than 1 MiB, which none is: it was not read further.',
    fr: 'ce contrat, ou ce texte, dépasse 1 Mio, ce qu’aucun ne fait : la lecture s’arrête ici.',
  },
  NO_MARCHES: {
    en: 'no list of contracts: the file should hold {"marches": {"marche": […]}} or <marches>.',
    fr: 'aucune liste de contrats : le fichier devrait contenir {"marches": {"marche": […]}} ou <marches>.',
  },
};
export type UnreadableCode = keyof typeof TEXTS;
