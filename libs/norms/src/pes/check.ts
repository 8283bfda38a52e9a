import { createHash, type X509Certificate } from 'node:crypto';
import { placed, type ReadXml, type Reason, Refused, readXml } from '../xml/index.ts';
import { type Acquit, acquitReasons, readAcquit, readNonAcquit } from './acquit.ts';
import { checkAller, type FlowKey, keyOf } from './aller.ts';
import { checkAttachments } from './attachments.ts';
import { NS, whereIs } from './dom.ts';
import { MOST_ALIKE, reason } from './reason.ts';
import { acquitRetourReasons } from './retour.ts';
import { conformity } from './schemas.ts';
import { verifySignatures } from './signatures.ts';

export interface CheckOptions {
  /** The folder of the data of norms; sets of schemas are in its `teletransmission/helios/xsd`. */
  norms: string;
  /** Authorities that one trusts; undefined when that is not to be judged. */
  trusted?: readonly X509Certificate[];
  now: Date;
}

export type Kind = 'PES_Aller' | 'PES_ACQUIT' | 'PES_NonAcquit' | 'PES_Retour' | 'PES_ACQUIT_RETOUR';

/** What a message says and what is wrong with it. Its bytes are those to be sent: nothing is ever written anew. */
export interface Checked {
  reasons: Reason[];
  sha256: string;
  kind?: Kind;
  key?: FlowKey;
  /** What a PES_ACQUIT says. */
  acquit?: Acquit;
}

const RETOUR = 'http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour';
const ROOTS: Record<string, Kind> = {
  [`${NS.aller} PES_Aller`]: 'PES_Aller',
  [`${RETOUR}/v2 PES_ACQUIT`]: 'PES_ACQUIT',
  [`${RETOUR} PES_ACQUIT`]: 'PES_ACQUIT',
  [`${RETOUR} PES_Retour`]: 'PES_Retour',
  [`${NS.aller}/ack PES_ACQUIT_RETOUR`]: 'PES_ACQUIT_RETOUR',
  'http://www.minefi.gouv.fr/cp/helios/pes PES_NonAcquit': 'PES_NonAcquit',
};

/**
 * Judges one message of PES v2, whichever it is. What comes from the State is read as it is; what goes to it is not.
 */
export async function checkPes(bytes: Uint8Array, options: CheckOptions): Promise<Checked> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  try {
    using read = readXml(bytes, { received: true });
    const { root } = read.document;
    const kind = ROOTS[`${root.namespaceUri} ${root.name}`];
    if (!kind) return { sha256, reasons: [reason('ROOT_UNKNOWN', whereIs(root))] };
    const judged = kind === 'PES_Aller' ? await judgeAller(read, options) : judgeOther(kind, read, options);
    const reasons = [...Map.groupBy(judged.reasons, ({ code }) => code).values()].flatMap(shortened);
    reasons.sort((a, b) => a.severity.localeCompare(b.severity));
    return { sha256, kind, ...judged, reasons };
  } catch (error) {
    if (error instanceof Refused) return { sha256, reasons: [...error.reasons] };
    throw error;
  }
}

/** Of one kind of reason the first twenty, and that there are more. */
function shortened(alike: Reason[]): Reason[] {
  const [first] = alike;
  if (!first || alike.length <= MOST_ALIKE) return alike;
  return [...alike.slice(0, MOST_ALIKE), { ...reason('MORE', placed(1), first.code), severity: first.severity }];
}

async function judgeAller(
  { document, encodings, warnings }: ReadXml,
  options: CheckOptions,
): Promise<Omit<Checked, 'sha256'>> {
  const { root } = document;
  const key = keyOf(root);
  const latin1 = encodings.declared === 'ISO-8859-1' ? [] : [reason('NOT_LATIN1', placed(1, 1))];
  // What may be wrong in what the State sends may not be in what is sent to it.
  const encoding = warnings.map((one): Reason => ({ ...one, severity: 'refusal' }));
  const reasons = [...encoding, ...latin1, ...conformity(document, options.norms), ...checkAller(root)];
  reasons.push(...(await checkAttachments(root)));
  // Last, for it takes the document apart.
  reasons.push(...verifySignatures(document, options));
  return { key, reasons };
}

function judgeOther(kind: Kind, { document, warnings }: ReadXml, { norms }: CheckOptions): Omit<Checked, 'sha256'> {
  const { root } = document;
  if (kind === 'PES_NonAcquit') {
    const { nomFic, motive, where } = readNonAcquit(root);
    const told = { fr: motive && ` : ${motive}`, en: motive && `: ${motive}` };
    const flow = { fr: 'le flux', en: 'the flow' };
    return { key: { nomFic, codCol: '', idColl: '' }, reasons: [reason('REJECTED', where, flow, told)] };
  }
  const departures = [...warnings, ...conformity(document, norms).map(asReceived)];
  const key = keyOf(root);
  if (kind === 'PES_Retour') return { key, reasons: departures };
  if (kind === 'PES_ACQUIT_RETOUR') return { key, reasons: [...departures, ...acquitRetourReasons(root)] };
  const acquit = readAcquit(root);
  return { key, acquit, reasons: [...departures, ...acquitReasons(acquit)] };
}

/** Messages in use depart from their schemas, those of the State too: they are read, and the departure is told. */
function asReceived({ code, where, fr, en, severity }: Reason): Reason {
  if (code !== 'SCHEMA') return { code, where, fr, en, severity };
  return reason('SCHEMA_RECEIVED', where, { fr: fr.message, en: en.message });
}
