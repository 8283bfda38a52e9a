import { createGunzip } from 'node:zlib';
import type { XmlElement } from 'libxml2-wasm';
import type { Reason } from '../xml/index.ts';
import { at, valueAt, whereIs } from './dom.ts';
import { reason } from './reason.ts';

const MIB = 1024 * 1024;
/** The whole of a PES may be 150 MiB. Documents shrink by ten at most; a hundred leaves room for long XML. */
const MOST = 150 * MIB;
const RATIO = 100;
const LEAST = 10 * MIB;

/** What is wrong with the attachments of a PES: each is gzip in base64, whole, and has an IdUnique of its own. */
export async function checkAttachments(root: XmlElement): Promise<Reason[]> {
  const seen = new Set<string>();
  const reasons: Reason[] = [];
  for (const attachment of at(root, 'PES_PJ', 'PJ')) {
    const id = valueAt(attachment, 'IdUnique');
    if (id && seen.has(id)) reasons.push(reason('PJ_ID_DUPLICATE', whereIs(attachment)));
    seen.add(id);
    for (const file of at(attachment, 'Contenu', 'Fichier')) reasons.push(...(await checkContent(file)));
  }
  return reasons;
}

async function checkContent(file: XmlElement): Promise<Reason[]> {
  const text = file.content.trim();
  if (text === '') return [reason('PJ_EMPTY', whereIs(file))];
  if (!/^[A-Za-z0-9+/\s]+={0,2}$/.test(text)) return [reason('PJ_BASE64', whereIs(file))];
  const packed = Buffer.from(text, 'base64');
  const most = Math.min(MOST, Math.max(LEAST, packed.length * RATIO));
  const size = await unpackedSize(packed, most);
  if (size === undefined) return [reason('PJ_GZIP', whereIs(file))];
  if (size === 0) return [reason('PJ_EMPTY', whereIs(file))];
  return size > most ? [reason('PJ_TOO_LARGE', whereIs(file), String(Math.floor(most / MIB)))] : [];
}

/** The size of what gzip holds, kept nowhere; undefined when it is no gzip or is cut short. Stops beyond `most`. */
async function unpackedSize(packed: Buffer, most: number): Promise<number | undefined> {
  let size = 0;
  const gunzip = createGunzip();
  gunzip.end(packed);
  try {
    for await (const chunk of gunzip) {
      size += (chunk as Buffer).length;
      if (size > most) return size;
    }
    return size;
  } catch {
    return undefined; // zlib says why in words of its own; to the sender it is all "no whole gzip"
  }
}
