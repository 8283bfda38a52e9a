import type { Encoding } from './encoding.ts';
import { clipped, type Language, type Words } from './reason.ts';

/** What is wrong and what to do, in both languages. */
export type Sentences = Record<Language, Words>;

/** Puts the four sentences of a reason together. */
export function sentences(fr: string, frFix: string, en: string, enFix: string): Sentences {
  return { fr: { message: fr, fix: frFix }, en: { message: en, fix: enFix } };
}

const AGAIN_FR = "Demandez à l'éditeur du logiciel qui a produit le fichier de le corriger, puis signez-le de nouveau.";
const AGAIN_EN = 'Ask the maker of the software that wrote the file to correct it, then sign it again.';

/** The sentences of a document that cannot be read, by code. */
export const words = {
  EMPTY_FILE: () =>
    sentences(
      'Le fichier est vide : zéro octet.',
      'Attendez la fin du dépôt, ou déposez le fichier de nouveau.',
      'The file is empty: zero bytes.',
      'Wait until it is wholly written, or deposit it again.',
    ),
  FILE_TOO_LARGE: (mebibytes = '') =>
    sentences(
      `Le fichier dépasse ${mebibytes} Mio, la plus grande taille acceptée.`,
      'Répartissez les pièces jointes dans plusieurs fichiers.',
      `The file is larger than ${mebibytes} MiB, the most that is accepted.`,
      'Spread the attachments over several files.',
    ),
  NOT_XML: () =>
    sentences(
      "Le fichier n'est pas un document XML : il ne commence pas par une balise.",
      'Vérifiez que le bon fichier a été choisi, sans compression ni en-tête ajouté.',
      'The file is no XML document: it does not begin with a tag.',
      'Check that the right file was chosen, neither compressed nor wrapped in something else.',
    ),
  POLYGLOT: (other = '') =>
    sentences(
      `Le fichier est à la fois un document XML et un document ${other} : deux lecteurs n'y verraient pas la même chose.`,
      AGAIN_FR,
      `The file is an XML document and a ${other} document at once: two readers would not see the same thing.`,
      AGAIN_EN,
    ),
  DOCTYPE: () =>
    sentences(
      'Le fichier contient une déclaration DOCTYPE, qui permet de lire des fichiers étrangers et de saturer le lecteur.',
      'Retirez la déclaration DOCTYPE et les entités ; les schémas de la norme les remplacent.',
      'The file has a DOCTYPE, by which foreign files can be read and the reader exhausted.',
      'Take the DOCTYPE and its entities away; the schemas of the norm do without.',
    ),
  WINDOWS_1252: () =>
    sentences(
      "L'en-tête annonce ISO-8859-1 mais un octet n'existe qu'en windows-1252 (€, œ, –, ’, “…).",
      "Remplacez ce caractère (' au lieu de ’, EUR au lieu de €) ou écrivez-le en référence numérique, avant toute signature.",
      'The header says ISO-8859-1, but a byte exists in windows-1252 only (€, œ, –, ’, “…).',
      "Replace the character (' for ’, EUR for €) or write it as a numeric reference, before any signature.",
    ),
  TOO_DEEP: () =>
    sentences(
      'Les éléments sont imbriqués plus profondément que dans aucun document de la norme.',
      AGAIN_FR,
      'The elements are nested deeper than in any document of the norm.',
      AGAIN_EN,
    ),
  TOO_MANY_ATTRIBUTES: (most = '') =>
    sentences(
      `Un élément porte plus de ${most} attributs.`,
      AGAIN_FR,
      `An element has more than ${most} attributes.`,
      AGAIN_EN,
    ),
  NOT_WELL_FORMED: () => syntaxWords(''),
} satisfies Record<string, (...facts: string[]) => Sentences>;

/**
 * The sentences of bytes that are not in the encoding of the header. `actual` is '' when nothing can be said of them.
 */
export function encodingWords(actual: Encoding | '', declared: string): Sentences {
  return sentences(
    actual
      ? `L'en-tête annonce ${declared} mais les octets sont en ${actual} : les accents seraient lus de travers.`
      : `L'en-tête annonce ${declared} mais cet octet n'y existe pas.`,
    "Enregistrez le fichier dans l'encodage qu'il annonce, avant toute signature.",
    actual
      ? `The header says ${declared}, but the bytes are ${actual}: accents would be read wrong.`
      : `The header says ${declared}, but this byte does not exist there.`,
    'Save the file in the encoding that it announces, before any signature.',
  );
}

/** What the parser says, in French. What is not here is said without detail. */
const SYNTAX: [RegExp, string][] = [
  [/^Opening and ending tag mismatch: (\S+) line (\d+) and (\S+)/, 'la balise $1 ouverte ligne $2 est fermée par $3'],
  [/^Entity '(.*)' not defined/, "l'entité $1 n'est pas définie"],
  [/^Attribute (\S+) redefined/, "l'attribut $1 est écrit deux fois"],
  [/^Extra content at the end/, 'du texte suit la fin du document'],
  [/^Premature end of data|^Couldn't find end of Start Tag/, 'le document est interrompu'],
  [/^Namespace prefix (\S+)(?: for (\S+))?(?: on (\S+))? is not defined/, "le préfixe $1 n'est pas déclaré"],
  [/^AttValue: " or ' expected/, 'la valeur d’un attribut n’est pas entre guillemets'],
  [/^(?:PCDATA|xmlParse\w+:)? ?invalid (?:Char|xmlChar) value (\d+)/i, 'le caractère numéro $1 est interdit en XML'],
  [/^Unescaped '<'|^StartTag: invalid element name/, 'un signe « < » isolé doit être écrit &lt;'],
  [/^EntityRef: expecting ';'|^xmlParseEntityRef: no name/, 'un signe « & » isolé doit être écrit &amp;'],
];

/** The sentences of a document that the parser refuses. */
export function syntaxWords(said: string): Sentences {
  const line = clipped(said.trim().split('\n')[0] ?? '');
  const known = SYNTAX.find(([pattern]) => pattern.test(line));
  const detail = known ? ` : ${line.replace(new RegExp(`${known[0].source}.*`, known[0].flags), known[1])}` : '';
  return sentences(
    `Le XML est mal formé${detail}.`,
    `Si le fichier vient d'être déposé, attendez qu'il soit complet ; sinon : ${AGAIN_FR[0]?.toLowerCase()}${AGAIN_FR.slice(1)}`,
    `The XML is not well-formed${line ? `: ${line}` : ''}.`,
    `If the file has just arrived, wait until it is complete; otherwise ${AGAIN_EN[0]?.toLowerCase()}${AGAIN_EN.slice(1)}`,
  );
}
