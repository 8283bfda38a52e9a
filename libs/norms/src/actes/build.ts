import { type PackedFile, pack } from '../formats/index.ts';
import { ACTES, compact, INSEE, MESSAGES } from './names.ts';

/** The local authority that sends, as its convention with the prefecture says, and where the answers go. */
export interface Sender {
  siren: string;
  departement: string;
  arrondissement: string;
  nature: string;
  referent?: { name?: string; telephone?: string; email?: string };
  returnEmails: readonly string[];
}

/** A document as the agent gave it: its bytes are sent as they are. `signature` is a detached one, PKCS#7 in base64. */
export interface Piece {
  code: string;
  extension: 'pdf' | 'png' | 'jpg' | 'xml';
  bytes: Uint8Array;
  signature?: string;
}

/** An act (1-1). `nature` is the code and the two letters of the classification, `matieres` its 2 to 5 levels. */
export interface Act {
  root: 'Acte';
  date: string;
  number: string;
  nature: { code: string; abbreviation: string };
  matieres: readonly number[];
  subject: string;
  /** The act that this one replaces, by its unique identifier. */
  previousId?: string;
  classificationDate: string;
  document: Piece;
  annexes: readonly Piece[];
  onPaper: boolean;
}

/**
 * An answer to a letter of the prefecture, of which 3-4 alone has several documents; or what the platform sends by itself
 * when a letter asks for it (3-2, 4-2), without any.
 */
export interface Answer {
  root:
    | 'ReponseCourrierSimple'
    | 'ARDemandePieceComplementaire'
    | 'RefusPieceComplementaire'
    | 'PieceComplementaire'
    | 'ARLettreObservations'
    | 'RejetLettreObservations'
    | 'ReponseLettreObservations';
  actId: string;
  letterDate: string;
  documents: readonly Piece[];
}

export interface Cancellation {
  root: 'Annulation';
  actId: string;
}

/** A question about the classification; without a date, or with an old one, the whole of it is answered. */
export interface ClassificationQuestion {
  root: 'DemandeClassification';
  date?: string;
}

export type Message = Act | Answer | Cancellation | ClassificationQuestion;

/** Where an archive stands among those of its sender and day. The serial is allocated by whoever keeps count. */
export interface Posting {
  /** Three characters of the operator. */
  trigram: string;
  day: string;
  serial: number;
  /** Sent to the ministry's platform of tests. */
  test?: boolean;
}

const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

/**
 * Builds the archive of one or more messages: envelope, messages, then their documents in order. It is not judged here: see
 * checkArchive. Throws a RangeError when a text has characters that no XML can have, or beyond 150 MiB.
 */
export async function buildArchive(
  sender: Sender,
  messages: readonly Message[],
  posting: Posting,
): Promise<{ name: string; bytes: Buffer; files: PackedFile[] }> {
  const built = messages.map((message) => buildMessage(sender, message));
  const envelope = `${posting.test ? 'TACT' : 'EACT'}--${sender.siren}--${compact(posting.day)}-${posting.serial}`;
  const forms = built.map(({ form }) => form.name);
  const files = [
    { name: `${envelope}.xml`, bytes: envelopeXml(sender, forms) },
    ...built.map(({ form }) => form),
    ...built.flatMap(({ documents }) => documents),
  ];
  return { name: `${posting.trigram}-${envelope}.tar.gz`, bytes: await pack(files, posting.day), files };
}

/** The XML of a message, and its documents under the names that it gives them. */
export function buildMessage(sender: Sender, message: Message): { form: PackedFile; documents: PackedFile[] } {
  const base = `${subjectOf(sender, message)}-${MESSAGES[message.root].type}`;
  const pieces = piecesOf(message);
  const names = pieces.map(({ code, extension }, i) => `${code}-${base}_${i + 1}.${extension}`);
  const documents = pieces.map(({ bytes }, i) => ({ name: names[i] ?? '', bytes }));
  const n = message.root === 'DemandeClassification' ? 1 : 0;
  const signed = pieces.map((piece, i) => [names[i] ?? '', piece.signature] as const);
  return { form: { name: `${base}_${n}.xml`, bytes: messageXml(message, signed) }, documents };
}

function subjectOf({ departement, siren }: Sender, message: Message): string {
  if (message.root === 'DemandeClassification') return `${departement}-${siren}---`;
  if (message.root !== 'Acte') return message.actId;
  return `${departement}-${siren}-${compact(message.date)}-${message.number}-${message.nature.abbreviation}`;
}

function piecesOf(message: Message): readonly Piece[] {
  if ('document' in message) return [message.document, ...message.annexes];
  return 'documents' in message ? message.documents : [];
}

type Signed = readonly [name: string, signature: string | undefined];

function messageXml(message: Message, documents: readonly Signed[]): Buffer {
  switch (message.root) {
    case 'Acte':
      return rootXml('Acte', actFields(message, documents), {
        Date: message.date,
        NumeroInterne: message.number,
        CodeNatureActe: message.nature.code,
      });
    case 'Annulation':
      return rootXml(message.root, [], { IDActe: message.actId });
    case 'DemandeClassification':
      return rootXml(message.root, message.date ? [element('DateClassification', message.date)] : []);
    default: {
      const files = documents.map((one) => fileXml('Document', one));
      const content = message.root === 'PieceComplementaire' ? [element('Documents', files)] : files;
      return rootXml(message.root, content, { IDActe: message.actId, DateCourrierPref: message.letterDate });
    }
  }
}

function actFields(act: Act, [main, ...annexes]: readonly Signed[]): Xml[] {
  return [
    ...act.matieres.map((code, i) => element(`CodeMatiere${i + 1}`, '', { CodeMatiere: String(code) })),
    element('Objet', act.subject),
    ...(act.previousId ? [element('PrecedentIdentifiantActe', '', { IDActe: act.previousId })] : []),
    element('ClassificationDateVersion', act.classificationDate),
    fileXml('Document', main ?? ['', undefined]),
    element(
      'Annexes',
      annexes.map((one) => fileXml('Annexe', one)),
      { Nombre: String(annexes.length) },
    ),
    element('DocumentPapier', act.onPaper ? 'O' : 'N'),
  ];
}

function envelopeXml({ referent, returnEmails, ...sender }: Sender, forms: readonly string[]): Buffer {
  const { name, telephone, email } = referent ?? {};
  const told = [
    ...(name ? [element('Nom', name)] : []),
    ...(telephone ? [element('Telephone', telephone)] : []),
    ...(email ? [element('Email', email)] : []),
  ];
  const { siren, departement: Departement, arrondissement: Arrondissement, nature: Nature } = sender;
  const id = element('IDCL', '', { 'insee:SIREN': siren, Departement, Arrondissement, Nature });
  return rootXml('EnveloppeCLMISILL', [
    element('Emetteur', [id, ...(referent ? [element('Referent', told)] : [])]),
    element(
      'AdressesRetour',
      returnEmails.map((address) => element('Email', address)),
    ),
    element(
      'FormulairesEnvoyes',
      forms.map((form) => fileXml('Formulaire', [form, undefined])),
    ),
  ]);
}

function fileXml(name: string, [file, signature]: Signed): Xml {
  return element(name, [element('NomFichier', file), ...(signature ? [element('Signature', signature)] : [])]);
}

/** Text that is XML already. */
type Xml = { readonly xml: string };

function rootXml(name: string, content: readonly Xml[], attributes: Record<string, string> = {}): Buffer {
  const spaces = {
    'xmlns:actes': ACTES,
    'xmlns:insee': INSEE,
    'xmlns:xsi': XSI,
    'xsi:schemaLocation': `${ACTES} actesv1_1.xsd`,
  };
  const { xml } = element(name, content, { ...spaces, ...attributes });
  return Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>\n${xml}\n`, 'latin1');
}

/** All attributes are prefixed: the schema qualifies them too (attributeFormDefault). */
function element(name: string, content: string | readonly Xml[], attributes: Record<string, string> = {}): Xml {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key.includes(':') ? key : `actes:${key}`}="${escaped(value)}"`,
  );
  const inside = typeof content === 'string' ? escaped(content) : content.map(({ xml }) => xml).join('');
  const start = `<actes:${name}${written.join('')}`;
  return { xml: inside === '' ? `${start}/>` : `${start}>${inside}</actes:${name}>` };
}

/**
 * Text for ISO-8859-1: what that has no byte for becomes a numeric reference, which every reader of XML understands, and so
 * do line ends, which a reader of XML would change. 0x80 to 0x9F are written so too: as bytes they would
 * pass for windows-1252; and the second of two letters whose bytes, such as those of "É»", would pass for one of UTF-8.
 */
function escaped(text: string): string {
  if (/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text)) {
    throw new RangeError('a text has a control character, or half a character, which XML cannot have');
  }
  return text.replace(
    /[&<>"\u007f-\u009f]|[^\u0020-\u00ff]|(?<=[\u00c2-\u00f4])[\u00a0-\u00bf]/gu,
    (one) => `&#${one.codePointAt(0)};`,
  );
}
