import { createHash } from 'node:crypto';
import PostalMime from 'postal-mime';
import { unpack } from '../formats/index.ts';
import type { Reason, Schema } from '../xml/index.ts';
import { isRoot, MESSAGES, parseActId, parseMessageName, type Root } from './names.ts';
import { reason, within } from './reason.ts';
import { all, at, readTree, type Tree, textAt } from './tree.ts';

/** A file that came by mail or in an archive. */
export interface ReceivedFile {
  name: string;
  bytes: Buffer;
}

/** A message of the prefecture. `xml` is what came, byte for byte, and is the proof: it is kept with its hash. */
export interface Reply {
  root: Root;
  type: string;
  file: string;
  xml: Buffer;
  sha256: string;
  /** Of the local authority that it is for. */
  siren: string;
  /** The unique identifier of the act, as the ministry gave it; '' when the message has none. */
  actId: string;
  /** The internal number of the act, '' when the message tells none. */
  number: string;
  /** `YYYY-MM-DD`: of reception of the act (1-2, 3-5, 4-5, 6-2), of the letter or the anomaly otherwise. */
  date: string;
  letterDate: string;
  /** What the prefecture says in its own words: the detail of an anomaly, the pieces it asks for, its grounds. */
  words: string;
  /** The nature of an anomaly. Free text: the ministry writes natures that its own schema does not know. */
  nature: string;
  /** `YYYY-MM-DD` of the classification in force, when it is told. */
  classificationDate: string;
  /** The envelope that an AnomalieEnveloppe refuses, without `.xml`. */
  envelope: string;
  documents: ReceivedFile[];
  /** Where it differs from the schema or lacks a document: warnings, for what the State sends is read all the same. */
  reasons: Reason[];
}

/** What a mail or an archive of the prefecture holds. What nobody understands is in `basket`, and never dropped. */
export interface Received {
  replies: Reply[];
  basket: { file: ReceivedFile; reasons: Reason[] }[];
  reasons: Reason[];
}

/** A mail that answers what was sent on paper beside the platform: there is nothing to do about it. */
const MULTICHANNEL = /acte dont la transmission est effectu[ée]e en multi ?canal/i;

/** Reads a mail of the prefecture: its attachments in any order, those of an attached tar.gz too. */
export async function readMail(
  mail: Uint8Array,
  schema: Schema,
): Promise<Received & { messageId: string; multichannel: boolean }> {
  const {
    attachments,
    text = '',
    html = '',
    messageId = '',
  } = await PostalMime.parse(mail, { attachmentEncoding: 'arraybuffer' });
  const files: ReceivedFile[] = [];
  for (const [i, { filename, content }] of attachments.entries()) {
    const file = { name: filename ?? `attachment-${i + 1}`, bytes: Buffer.from(content as ArrayBuffer) };
    files.push(...(/\.(tar\.gz|tgz)$/i.test(file.name) ? await unpacked(file) : [file]));
  }
  return { ...readReplies(files, schema), messageId, multichannel: MULTICHANNEL.test(`${text} ${html}`) };
}

/** The files of a received archive; the archive itself, for the basket, when it cannot be read to its end. */
async function unpacked(file: ReceivedFile): Promise<ReceivedFile[]> {
  const { entries, faults } = await unpack(chunksOf(file.bytes), { keepAll: true });
  const files = [...entries.values()].flatMap(({ name, bytes }) => (bytes ? [{ name, bytes }] : []));
  const damaged = faults.some(({ code }) => code !== 'ENTRY_BEHIND' && code !== 'END_MISSING');
  return damaged || files.length < entries.size ? [file] : files;
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 65_536) yield bytes.subarray(from, from + 65_536);
}

/** Sorts received files: envelope and messages by their root element, documents by the messages that name them. */
export function readReplies(files: readonly ReceivedFile[], schema: Schema): Received {
  const received: Received = { replies: [], basket: [], reasons: [] };
  const once = distinct(files, received);
  const trees = [...once.values()].filter(isXml).map((file) => ({ file, ...readLeniently(file, schema) }));
  const envelope = trees.find(({ root }) => root?.name === 'EnveloppeMISILLCL');
  if (!envelope) received.reasons.push(lenient(reason('ENVELOPE_MISSING', 'EnveloppeMISILLCL')));
  const used = new Set(envelope ? [envelope.file.name] : []);
  for (const { file, root, reasons } of trees) {
    if (!root || !isRoot(root.name) || MESSAGES[root.name].way !== 'in') continue;
    const names = documentsOf(root);
    for (const name of [file.name, ...names]) used.add(name);
    const missing = names
      .filter((name) => !once.has(name))
      .map(() => reason('DOCUMENT_MISSING', `${file.name} NomFichier`));
    received.replies.push({
      ...replyOf(file, root, at(envelope?.root, 'Destinataire')?.attributes.SIREN ?? ''),
      documents: names.flatMap((name) => once.get(name) ?? []),
      reasons: [...reasons, ...missing].map(lenient),
    });
  }
  const forms = all(at(envelope?.root, 'FormulairesEnvoyes'), 'Formulaire').map((form) => textAt(form, 'NomFichier'));
  received.reasons.push(
    ...forms.filter((name) => !once.has(name)).map(() => reason('MESSAGE_MISSING', 'FormulairesEnvoyes')),
  );
  for (const file of [...once.values()].filter(({ name }) => !used.has(name))) {
    const told = trees.find((tree) => tree.file === file)?.reasons ?? [];
    received.basket.push({ file, reasons: told.length > 0 ? told : [reason('FILE_UNDECLARED', file.name)] });
  }
  return received;
}

/** The same file twice is one file; another file under the same name goes to the basket. */
function distinct(files: readonly ReceivedFile[], received: Received): Map<string, ReceivedFile> {
  const once = new Map<string, ReceivedFile>();
  for (const file of files) {
    const known = once.get(file.name);
    if (!known) once.set(file.name, file);
    else if (!known.bytes.equals(file.bytes))
      received.basket.push({ file, reasons: [reason('ENTRY_TWICE', file.name)] });
  }
  return once;
}

function isXml({ name, bytes }: ReceivedFile): boolean {
  return /\.xml$/i.test(name) || bytes.subarray(0, 5).toString('latin1') === '<?xml';
}

const WRONG_BYTES = new Set(['WINDOWS_1252', 'ENCODING_MISMATCH', 'ENCODING_UNKNOWN']);

/** Bytes that are not what the header says are read as windows-1252, of which ISO-8859-1 is a part, and it is told. */
function readLeniently({ name, bytes }: ReceivedFile, schema: Schema): { root: Tree | undefined; reasons: Reason[] } {
  const first = readTree(bytes, schema, { received: true });
  const wrong = first.reasons.filter(({ code }) => WRONG_BYTES.has(code));
  const again = !first.root && wrong.length > 0 ? readTree(asUtf8(bytes), schema, { received: true }) : first;
  const reasons = again === first ? first.reasons : [...wrong, ...again.reasons];
  return { root: again.root, reasons: reasons.map((one) => within(name, one)) };
}

function asUtf8(bytes: Buffer): Buffer {
  const text = new TextDecoder('windows-1252').decode(bytes);
  return Buffer.from(text.replace(/^<\?xml[^>]*\?>/, '<?xml version="1.0" encoding="UTF-8"?>'));
}

function lenient(one: Reason): Reason {
  return { ...one, severity: 'warning' };
}

function replyOf(file: ReceivedFile, root: Tree, siren: string): Omit<Reply, 'documents' | 'reasons'> {
  const act = at(root, 'ActeRecu');
  const letter = at(root, 'InfosCourrierPref');
  const actId = root.attributes.IDActe ?? letter?.attributes.IDActe ?? '';
  const named = parseMessageName(file.name);
  const id = parseActId(actId);
  const { DateReception = '', DateCourrierPref = '' } = root.attributes;
  const sender = at(root, 'EnveloppeRecue', 'Emetteur', 'IDCL')?.attributes.SIREN;
  const name = root.name as Root;
  return {
    root: name,
    type: MESSAGES[name].type,
    file: file.name,
    xml: file.bytes,
    sha256: createHash('sha256').update(file.bytes).digest('hex'),
    siren: siren || sender || id?.siren || named?.siren || /-(\d{9})-/.exec(file.name)?.[1] || '',
    actId,
    number: act?.attributes.NumeroInterne ?? id?.number ?? '',
    date: DateReception || DateCourrierPref || textAt(root, 'Date') || textAt(root, 'DateDepot'),
    letterDate: DateCourrierPref || (letter?.attributes.DateCourrierPref ?? ''),
    words: ['Detail', 'DescriptionPieces', 'Motif', 'NatureIllegalite'].map((one) => textAt(root, one)).join(''),
    nature: textAt(root, 'Nature'),
    classificationDate: textAt(root, 'ClassificationDateVersionEnCours') || textAt(root, 'DateClassification'),
    envelope: /^ANO_(.+)\.xml$/i.exec(file.name)?.[1] ?? '',
  };
}

/** The files that a message names as its own; those of an act that it repeats stayed with us. */
function documentsOf(root: Tree): string[] {
  const pieces = [...all(root, 'Document'), ...all(at(root, 'PiecesJointes'), 'PieceJointe')];
  return pieces.map((one) => textAt(one, 'NomFichier')).filter((name) => name !== '');
}
