import { readFileSync } from 'node:fs';
import {
  type Act,
  type Answer,
  buildArchive,
  type Message,
  type Piece,
  readClassification,
  type Sender,
} from '@jonction/norms/actes';
import { type PackedFile, pack } from '@jonction/norms/formats';
import { schemaOf } from '@jonction/norms/xml';
import { actesDirs, normsDir } from './norms.ts';

// An invented authority and its invented acts, for tests and mutations.

export const DIRS = actesDirs(normsDir(process.env));
export const schema = schemaOf(DIRS.schemas, 'actesv1_1.xsd');
export const classification = readClassification(readFileSync(DIRS.classification), schema);
export const TODAY = '2026-03-12';
export const ACT_ID = '021-000000018-20260310-DEL2026_031-DE';

export const sender: Sender = {
  siren: '000000018',
  departement: '021',
  arrondissement: '2',
  nature: '44',
  referent: { name: 'Émilie Référente', telephone: '03 80 00 00 00', email: 'referente@exemple.fr' },
  returnEmails: ['retour.actes@tdt.exemple.fr'],
};

/** A PDF that every reader opens, of one empty page. */
export function pdfOf(text: string): Buffer {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Note (${text}) >>`,
  ];
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, i) => {
    const at = body.length;
    body += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(at).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 4\n0000000000 65535 f \n${offsets.join('')}trailer\n<< /Size 4 /Root 1 0 R >>\n`;
  return Buffer.from(`${body}${table}startxref\n${body.length}\n%%EOF\n`, 'latin1');
}

/** One pixel. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

export function piece(code: string, bytes = pdfOf(code), extension: Piece['extension'] = 'pdf'): Piece {
  return { code, extension, bytes };
}

export const act: Act = {
  root: 'Acte',
  date: '2026-03-10',
  number: 'DEL2026_031',
  nature: { code: '1', abbreviation: 'DE' },
  matieres: [7, 1, 2],
  subject: 'Décision modificative n° 1 – été 2026 & « solde » de l’œuvre : 10 €',
  classificationDate: classification.date,
  document: piece('99_DE'),
  annexes: [piece('21_RP'), piece('43_AC', PNG, 'png')],
  onPaper: false,
};

export function answer(root: Answer['root'], documents: readonly Piece[] = []): Answer {
  return { root, actId: ACT_ID, letterDate: '2026-03-21', documents };
}

/** One message of each kind that is sent. */
export const everyMessage: Message[] = [
  act,
  answer('ReponseCourrierSimple', [piece('99_AU')]),
  answer('ARDemandePieceComplementaire'),
  answer('RefusPieceComplementaire', [piece('99_AU')]),
  answer('PieceComplementaire', [piece('99_AU'), piece('99_DE')]),
  answer('ARLettreObservations'),
  answer('RejetLettreObservations', [piece('99_AU')]),
  answer('ReponseLettreObservations', [piece('99_AU')]),
  { root: 'Annulation', actId: ACT_ID },
  { root: 'DemandeClassification', date: '2001-01-01' },
];

export interface SampleArchive {
  name: string;
  files: PackedFile[];
}

/** An archive as its files, to be changed and packed. */
export async function archiveOf(messages: readonly Message[] = [act], serial = 1): Promise<SampleArchive> {
  const { name, files } = await buildArchive(sender, messages, { trigram: 'abc', day: TODAY, serial });
  return { name, files };
}

export const packed = ({ files }: SampleArchive): Promise<Buffer> => pack(files, TODAY);

export async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 65_536) yield bytes.subarray(from, from + 65_536);
}

/** The files with the text of those whose name fits replaced, as ISO-8859-1. */
export function edited({ name, files }: SampleArchive, which: RegExp, edit: (text: string) => string): SampleArchive {
  const text = ({ bytes }: PackedFile) => Buffer.from(bytes).toString('latin1');
  const changed = files.map((file) =>
    which.test(file.name) ? { ...file, bytes: Buffer.from(edit(text(file)), 'latin1') } : file,
  );
  return { name, files: changed };
}

/** The text replaced in every XML of the archive, and in the names of its files. */
export function renamed(archive: SampleArchive, from: string, to: string): SampleArchive {
  const { name, files } = edited(archive, /\.xml$/, (text) => text.replaceAll(from, to));
  return { name, files: files.map((file) => ({ ...file, name: file.name.replaceAll(from, to) })) };
}
