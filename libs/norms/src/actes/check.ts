import type { X509Certificate } from 'node:crypto';
import { type Entry, type Unpacked, unpack } from '../formats/index.ts';
import { checkSiren } from '../sirene.ts';
import type { Reason, Schema } from '../xml/index.ts';
import { actOf, checkAct, checkReply, type MessageFacts } from './check-message.ts';
import { checkSignatures, type SignedDocument } from './check-signatures.ts';
import type { Classification } from './classification.ts';
import { AUTHORITY_NATURES, DEPARTEMENT, isRoot, MESSAGES, parseArchiveName, parseMessageName } from './names.ts';
import { reason, within } from './reason.ts';
import { all, at, type ReadTree, readTree, textAt } from './tree.ts';

/** On whose behalf one sends. What is not given is not compared. */
export interface Authority {
  siren: string;
  departement?: string;
  arrondissement?: string;
  nature?: string;
}

export interface CheckOptions {
  schema: Schema;
  /** `YYYY-MM-DD`, the day of the sender. */
  today: string;
  authority?: Authority;
  /** The prefecture's present one. Without it the codes of pieces and matters are not compared. */
  classification?: Classification;
  /** Authorities whose certificates may sign a PDF. Without them whoever signed is not judged, but what was signed is. */
  trusted?: readonly X509Certificate[];
}

/** What a checked archive is known by, to find it again among others. */
export interface Checked {
  reasons: Reason[];
  sha256: string;
  envelope: string;
  /** `siren number` of each act (1-1) in it. */
  acts: string[];
}

/**
 * Judges an archive before it leaves: its name, its files, the envelope and the messages by the schema and by the rules
 * beyond it, and each document by its content. Nothing is changed, nothing is written.
 */
export async function checkArchive(
  name: string,
  packed: AsyncIterable<Uint8Array>,
  options: CheckOptions,
): Promise<Checked> {
  const unpacked = await unpack(packed);
  const named = parseArchiveName(name);
  const checked: Checked = {
    reasons: unpacked.faults.map(({ code, where }) => reason(code, where)),
    sha256: unpacked.sha256,
    envelope: named?.envelope ?? '',
    acts: [],
  };
  if (!named) checked.reasons.push(reason('ARCHIVE_NAME', 'archive'));
  if (unpacked.faults.some(({ code }) => code.startsWith('ARCHIVE_'))) return checked;
  const envelope = envelopeOf(unpacked, named?.envelope);
  if (!envelope) checked.reasons.push(reason('ENVELOPE_MISSING', named ? `${named.envelope}.xml` : 'archive'));
  else {
    const signed = checkEnvelope(envelope, unpacked, { options, checked, siren: named?.siren });
    checked.reasons.push(...(await checkSignatures(signed, options)));
  }
  return checked;
}

function envelopeOf({ entries }: Unpacked, expected: string | undefined): Entry | undefined {
  if (expected) return entries.get(`${expected}.xml`);
  return [...entries.values()].find(({ name }) => /^[ET]ACT--.*\.xml$/.test(name));
}

interface Context {
  options: CheckOptions;
  checked: Checked;
  /** Of the name of the archive. */
  siren: string | undefined;
}

/** Gives the documents that are signed: to verify them takes time, and is done last. */
function checkEnvelope(
  envelope: Entry,
  unpacked: Unpacked,
  { options, checked, siren }: Context,
): readonly SignedDocument[] {
  const { reasons } = checked;
  const signed: SignedDocument[] = [];
  const { root } = readEntry(envelope, options, reasons);
  if (!root) return [];
  if (root.name !== 'EnveloppeCLMISILL') {
    reasons.push(reason('ENVELOPE_ROOT', envelope.name));
    return [];
  }
  const { attributes: sender = {} } = at(root, 'Emetteur', 'IDCL') ?? {};
  reasons.push(...checkSender(sender, envelope.name, options.authority));
  if (siren !== undefined && sender.SIREN !== siren) reasons.push(reason('SENDER_DIFFERS', 'archive'));
  checked.envelope ||= envelope.name.replace(/\.xml$/, '');
  const declared = new Set([envelope.name]);
  const day = /--(\d{8})-/.exec(envelope.name)?.[1] ?? '';
  for (const form of all(at(root, 'FormulairesEnvoyes'), 'Formulaire')) {
    checkForm(textAt(form, 'NomFichier'), { unpacked, options, checked, declared, signed, sender, day });
  }
  for (const name of unpacked.entries.keys()) if (!declared.has(name)) reasons.push(reason('FILE_UNDECLARED', name));
  return signed;
}

function checkForm(file: string, around: Around): void {
  const entry = around.unpacked.entries.get(file);
  if (!entry) around.checked.reasons.push(reason('MESSAGE_MISSING', 'FormulairesEnvoyes'));
  else if (around.declared.has(file)) around.checked.reasons.push(reason('DOCUMENT_TWICE', file));
  else {
    around.declared.add(file);
    checkMessage(entry, around);
  }
}

function readEntry(entry: Entry, { schema }: CheckOptions, reasons: Reason[]): ReadTree {
  if (!entry.bytes) {
    reasons.push(reason('XML_TOO_LARGE', entry.name));
    return { root: undefined, reasons: [], valid: false, declared: '' };
  }
  const read = readTree(entry.bytes, schema);
  reasons.push(...read.reasons.map((one) => within(entry.name, one)));
  if (read.declared === 'UTF-8') reasons.push(reason('ENCODING_UTF8', entry.name));
  return read;
}

function checkSender(sender: Record<string, string>, where: string, authority: Authority | undefined): Reason[] {
  const { SIREN = '', Departement = '', Arrondissement = '', Nature = '' } = sender;
  const place = `${where} IDCL`;
  const found: Reason[] = [];
  if (!checkSiren(SIREN).ok) found.push(reason('SIREN_KEY', place));
  if (!DEPARTEMENT.test(Departement)) found.push(reason('DEPARTEMENT_UNKNOWN', place));
  if (!AUTHORITY_NATURES.includes(Nature)) found.push(reason('AUTHORITY_NATURE', place));
  const {
    siren = SIREN,
    departement = Departement,
    arrondissement = Arrondissement,
    nature = Nature,
  } = authority ?? {};
  const same = SIREN === siren && Departement === departement && Arrondissement === arrondissement && Nature === nature;
  return same ? found : [...found, reason('AUTHORITY_DIFFERS', place)];
}

/** Where a message stands: the archive around it, and what is known of its sender. */
export interface Around {
  unpacked: Unpacked;
  options: CheckOptions;
  checked: Checked;
  /** The files that were named until now. */
  declared: Set<string>;
  /** The documents that are signed, of those. */
  signed: SignedDocument[];
  sender: Record<string, string>;
  /** `YYYYMMDD` of the envelope. */
  day: string;
}

function checkMessage(entry: Entry, around: Around): void {
  const { reasons } = around.checked;
  const { root } = readEntry(entry, around.options, reasons);
  if (!root) return;
  if (!isRoot(root.name) || MESSAGES[root.name].way !== 'out') {
    reasons.push(reason('MESSAGE_ROOT', entry.name));
    return;
  }
  const { type } = MESSAGES[root.name as keyof typeof MESSAGES];
  const facts = { file: entry.name, root, type, name: parseMessageName(entry.name) } satisfies MessageFacts;
  reasons.push(...checkName(facts, around));
  if (type === '1-1') checkAct(facts, around);
  else checkReply(facts, around);
}

function checkName({ file, root, type, name }: MessageFacts, { sender, day, options }: Around): Reason[] {
  if (!name) return [reason('MESSAGE_NAME', file)];
  const found: Reason[] = [];
  if (name.type !== type) found.push(reason('MESSAGE_TYPE', file));
  if (name.n !== 0 && type !== '7-1') found.push(reason('MESSAGE_NUMBER', file));
  if (name.siren !== sender.SIREN || name.dep !== sender.Departement) found.push(reason('SENDER_DIFFERS', file));
  const act = actOf(root, type, options);
  // Stela, which is homologated, writes the day of sending into names: the ministry takes both.
  const same = !act || (name.number === act.number && name.nature === act.nature && [act.day, day].includes(name.day));
  return same ? found : [...found, reason('NAME_DIFFERS', file)];
}
