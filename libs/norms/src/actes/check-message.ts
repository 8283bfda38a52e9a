import type { Entry } from '../formats/index.ts';
import { type Reason, Refused, readXml } from '../xml/index.ts';
import type { Around, CheckOptions } from './check.ts';
import {
  type ActId,
  calendarDay,
  compact,
  type MessageName,
  NATURES,
  NUMBER,
  parseActId,
  parseDocumentName,
} from './names.ts';
import { reason, within } from './reason.ts';
import { all, at, type Tree, textAt } from './tree.ts';

/** A message of the archive: its file, its content, the type of its root, and what its name says when it says it well. */
export interface MessageFacts {
  file: string;
  root: Tree;
  type: string;
  name: MessageName | undefined;
}

/** Which formats a document may have in its place, and which codes of pieces. */
interface Place {
  formats: string[];
  codes: ReadonlySet<string> | undefined;
  market?: boolean;
}

const IMAGES = ['pdf', 'png', 'jpg', 'xml'];

/** Of which act the content speaks. Undefined when it speaks of none, or in a way that the schema refuses. */
export function actOf(root: Tree, type: string, options: CheckOptions): Omit<ActId, 'dep' | 'siren'> | undefined {
  if (type !== '1-1') return parseActId(root.attributes.IDActe ?? '');
  const { Date: date = '', NumeroInterne: number = '' } = root.attributes;
  const nature = natureOf(root, options);
  return nature ? { day: compact(date), number, nature: nature.abbreviation } : undefined;
}

function natureOf(root: Tree, { classification }: CheckOptions) {
  const code = String(Number(root.attributes.CodeNatureActe));
  if (classification) return classification.natures.get(code);
  const abbreviation = NATURES[code];
  return abbreviation ? { code, abbreviation, pieces: undefined } : undefined;
}

/** The act itself (1-1): its fields by the rules beyond the schema, its codes by the classification, its documents. */
export function checkAct(message: MessageFacts, around: Around): void {
  const { file, root } = message;
  const { options, checked, sender } = around;
  const nature = natureOf(root, options);
  const found: Reason[] = [];
  const { NumeroInterne: number = '', Date: date = '' } = root.attributes;
  const length = [...textAt(root, 'Objet')].length;
  if (length < 1 || length > 499) found.push(reason('OBJET_LENGTH', `${file} Objet`));
  if (!NUMBER.test(number)) found.push(reason('NUMBER_FORM', `${file} NumeroInterne`));
  if (calendarDay(date) && date > options.today) found.push(reason('DATE_FUTURE', `${file} Date`));
  if (!nature) found.push(reason('NATURE_UNKNOWN', `${file} CodeNatureActe`));
  if (!['O', 'N', ''].includes(textAt(root, 'DocumentPapier')))
    found.push(reason('PAPER_VALUE', `${file} DocumentPapier`));
  checked.reasons.push(...found, ...checkClassified(message, options));
  if (sender.SIREN && number) checked.acts.push(`${sender.SIREN} ${number}`);
  const annexes = all(at(root, 'Annexes'), 'Annexe');
  const announced = at(root, 'Annexes')?.attributes.Nombre ?? '';
  if (announced !== '' && Number(announced) !== annexes.length)
    checked.reasons.push(reason('ANNEX_COUNT', `${file} Annexes`));
  checkActDocuments(message, nature, around);
}

function checkActDocuments(message: MessageFacts, nature: ReturnType<typeof natureOf>, around: Around): void {
  const { root } = message;
  const annexes = all(at(root, 'Annexes'), 'Annexe');
  const codes = nature?.pieces && new Set(nature.pieces.keys());
  const main = namedIn(at(root, 'Document'));
  const budget = nature?.code === '5' && isUnder('7.1', root);
  const market = nature?.code === '4' && isUnder('1.1', root);
  const places = annexes.map(() => ({ formats: /\.xml$/i.test(main) ? ['pdf'] : IMAGES, codes, market }));
  const first = { formats: budget ? ['pdf', 'xml'] : ['pdf'], codes, market };
  checkDocuments([main, ...annexes.map(namedIn)], [first, ...places], { message, around });
}

/** An answer to the prefecture, an acknowledgement to it, a cancellation, or a question about the classification. */
export function checkReply(message: MessageFacts, around: Around): void {
  const { file, root } = message;
  const { checked, options, sender } = around;
  const id = root.attributes.IDActe;
  const act = id === undefined ? undefined : parseActId(id);
  if (id !== undefined && (act?.siren !== sender.SIREN || act?.dep !== sender.Departement)) {
    checked.reasons.push(reason('ACT_OF_ANOTHER', `${file} IDActe`));
  }
  const documents = [...all(root, 'Document'), ...all(at(root, 'Documents'), 'Document')].map(namedIn);
  // The codes are listed by nature of act, and an answer is no act: any code of the list will do.
  const natures = options.classification?.natures.values();
  const codes = natures && new Set([...natures].flatMap(({ pieces }) => [...pieces.keys()]));
  checkDocuments(
    documents,
    documents.map(() => ({ formats: IMAGES, codes })),
    { message, around },
  );
}

function namedIn(tree: Tree | undefined): string {
  return textAt(tree, 'NomFichier');
}

function matiereOf(root: Tree): string {
  const codes = [1, 2, 3, 4, 5].map((level) => at(root, `CodeMatiere${level}`)?.attributes.CodeMatiere);
  // Real acts skip a level: the levels that are written follow each other.
  return codes
    .filter((code) => code !== undefined)
    .map(Number)
    .join('.');
}

/** Whether the matter of an act is this one, or within it. 7.10 is not within 7.1. */
function isUnder(matiere: string, root: Tree): boolean {
  return `${matiereOf(root)}.`.startsWith(`${matiere}.`);
}

function checkClassified({ file, root }: MessageFacts, { classification }: CheckOptions): Reason[] {
  if (!classification) return [];
  const found: Reason[] = [];
  const date = textAt(root, 'ClassificationDateVersion');
  if (date !== classification.date) found.push(reason('CLASSIFICATION_OLD', `${file} ClassificationDateVersion`));
  if (!classification.matieres.has(matiereOf(root))) found.push(reason('MATIERE_UNKNOWN', `${file} CodeMatiere`));
  return found;
}

function checkDocuments(
  files: string[],
  places: Place[],
  { message, around }: { message: MessageFacts; around: Around },
): void {
  const { reasons } = around.checked;
  files.forEach((file, i) => {
    const entry = around.unpacked.entries.get(file);
    const place = places[i];
    if (!entry || !place) reasons.push(reason('DOCUMENT_MISSING', `${message.file} NomFichier ${i + 1}`));
    else if (around.declared.has(file)) reasons.push(reason('DOCUMENT_TWICE', file));
    else {
      around.declared.add(file);
      reasons.push(...checkDocument(entry, place, message.name?.base));
      if (entry.look.signed && !entry.look.fault) around.signed.push({ entry, market: place.market ?? false });
    }
  });
  const numbers = files.map((file) => parseDocumentName(file)?.n);
  const known = numbers.every((n) => n !== undefined);
  if (known && numbers.some((n, i) => n !== i + 1)) reasons.push(reason('DOCUMENT_ORDER', message.file));
}

function checkDocument(entry: Entry, { formats, codes }: Place, base: string | undefined): Reason[] {
  const { name: file, look } = entry;
  const name = parseDocumentName(file);
  const found: Reason[] = [];
  if (!name || (base !== undefined && name.base !== base)) found.push(reason('DOCUMENT_NAME', file));
  if (name && codes && !codes.has(name.code)) found.push(reason('PIECE_CODE_UNKNOWN', file));
  const said = /\.([^.]*)$/.exec(file)?.[1]?.toLowerCase().replace('jpeg', 'jpg') ?? '';
  if (look.fault === 'EMPTY') return [...found, reason('DOCUMENT_EMPTY', file)];
  if (said !== look.format) return [...found, reason('DOCUMENT_FORMAT', file)];
  if (!formats.includes(said)) found.push(reason('DOCUMENT_FORBIDDEN', file));
  if (look.fault) found.push(reason(`DOCUMENT_${look.fault}`, file));
  if (said === 'xml') found.push(...checkXml(entry));
  return found;
}

/** A document in XML is held to what every XML is: whole, in its encoding, without DOCTYPE. Its own norm is not ours. */
function checkXml({ name, bytes }: Entry): Reason[] {
  if (!bytes) return [reason('DOCUMENT_NOT_READ', name)];
  try {
    using read = readXml(bytes);
    return read.warnings.map((one) => within(name, one));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return error.reasons.map((one) => within(name, one));
  }
}
