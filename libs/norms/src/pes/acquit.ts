import type { XmlElement } from 'libxml2-wasm';
import { clipped, type Reason } from '../xml/index.ts';
import { isCodCol, keyOf } from './aller.ts';
import { at, childrenOf, valueAt, whereIs } from './dom.ts';
import domains from './domains.json' with { type: 'json' };
import { type Fact, reason } from './reason.ts';

/** What the DGFiP finds wrong, and in what: nothing more is said of an element, then of a piece, then of a line. */
export interface Anomaly {
  /** `ERREUR_AUTRE`… as DGFiP codes it. */
  number: string;
  /** The sentence of the DGFiP, for the eyes of whom the flow belongs to. */
  label: string;
  piece?: string;
  line?: string;
  where: string;
}

/** The state of one bordereau, contract or attachment, or of the whole flow when it names none. */
export interface AcquitElement {
  domain: string;
  /** Undefined when it says neither 1 nor 0. */
  accepted: boolean | undefined;
  bordereau?: { number: string; year: string };
  contract?: string;
  attachment?: string;
  anomalies: Anomaly[];
  where: string;
}

export interface Acquit {
  nomFic: string;
  codCol: string;
  /**
   * `NO_DETAIL`: received, and nothing is said of what is in it. `UNREADABLE`: an element does not say its state, so
   * the whole is neither accepted nor rejected.
   */
  state: 'ACCEPTED' | 'PARTLY_REJECTED' | 'REJECTED' | 'NO_DETAIL' | 'UNREADABLE';
  elements: AcquitElement[];
}

/** The status numbers of S2LOW, as vendor software reads them. 8 means "look inside": it does not mean accepted. */
export const STATUS = { INFORMATION: 8, ACKNOWLEDGED: 4, REFUSED: 6 } as const;

/** The status that S2LOW gives for an acknowledgement. */
export function statusOf(acquit: Acquit): number {
  return acquit.state === 'NO_DETAIL' ? STATUS.ACKNOWLEDGED : STATUS.INFORMATION;
}

/** Reads a PES_ACQUIT, also one that departs from its schema. Anomalies are read at all three levels. */
export function readAcquit(root: XmlElement): Acquit {
  const { nomFic, codCol } = keyOf(root);
  const elements = at(root, 'ACQUIT', 'ElementACQUIT').map(elementOf);
  return { nomFic, codCol, elements, state: stateOf(elements) };
}

/** The old PES_NonAcquit: the whole flow is refused, for one reason in words. */
export function readNonAcquit(root: XmlElement): { nomFic: string; motive: string; where: string } {
  const [value = '', motive = ''] = ['NomFic', 'Motif'].map((name) => {
    const found = childrenOf(root)
      .flatMap((one) => [one, ...childrenOf(one)])
      .find((one) => one.name === name);
    return found ? (found.attr('V')?.value ?? found.content).trim() : '';
  });
  return { nomFic: value, motive, where: whereIs(root) };
}

function stateOf(elements: AcquitElement[]): Acquit['state'] {
  if (elements.length === 0) return 'NO_DETAIL';
  if (elements.some(({ accepted }) => accepted === undefined)) return 'UNREADABLE';
  const rejected = elements.filter(({ accepted }) => !accepted);
  if (rejected.length === 0) return 'ACCEPTED';
  // Domains 0 to 2 and 99 speak of the flow, whatever else is said of its parts.
  const whole =
    rejected.length === elements.length || rejected.some(({ domain }) => ['0', '1', '2', '99'].includes(domain));
  return whole ? 'REJECTED' : 'PARTLY_REJECTED';
}

function elementOf(element: XmlElement): AcquitElement {
  const [state, number, contract, attachment] = ['EtatAck', 'NumBord', 'IdMarche', 'IdUnique'].map((name) =>
    valueAt(element, name),
  );
  const accepted = { 1: true, true: true, 0: false, false: false }[state?.toLowerCase() ?? ''];
  const pieces = at(element, 'DetailPiece').flatMap((piece) => {
    const of = { piece: valueAt(piece, 'NumPiece') };
    const lines = at(piece, 'DetailLigne').flatMap((line) =>
      anomaliesIn(line, { ...of, line: valueAt(line, 'NumLigne') }),
    );
    return [...anomaliesIn(piece, of), ...lines];
  });
  return {
    domain: valueAt(element, 'DomaineAck'),
    accepted,
    ...(number && { bordereau: { number, year: valueAt(element, 'ExerciceBord') } }),
    ...(contract && { contract }),
    ...(attachment && { attachment }),
    anomalies: [...anomaliesIn(element, {}), ...pieces],
    where: whereIs(element),
  };
}

function anomaliesIn(element: XmlElement, of: Pick<Anomaly, 'piece' | 'line'>): Anomaly[] {
  return at(element, 'Erreur').map((one) => ({
    number: valueAt(one, 'NumAnoAck'),
    label: valueAt(one, 'LibelleAnoAck'),
    ...of,
    where: whereIs(one),
  }));
}

/** What an acknowledgement tells the sender, one reason for each anomaly; empty when all is accepted. */
export function acquitReasons(acquit: Acquit): Reason[] {
  const unmatched = isCodCol(acquit.codCol) ? [] : [reason('ACK_UNMATCHED', '1')];
  const nameless = acquit.nomFic ? [] : [reason('NOMFIC_MISSING', '1')];
  return [...nameless, ...unmatched, ...acquit.elements.flatMap(elementReasons)];
}

function elementReasons(element: AcquitElement): Reason[] {
  const { accepted, anomalies, domain, where } = element;
  if (accepted === undefined) return [reason('ACK_UNREADABLE', where)];
  const subject = subjectOf(element, domain);
  if (accepted) return anomalies.map((one) => reason('ACCEPTED_WITH_ANOMALY', one.where, subject, said(one)));
  if (anomalies.length === 0) return [reason('REJECTED', where, subject, '')];
  return anomalies.map((one) => reason('REJECTED', one.where, subject, said(one)));
}

function said({ number, label, piece, line }: Anomaly): Fact {
  const text = clipped([number, label].filter(Boolean).join(' '), 400);
  const fr = [piece && ` (pièce ${piece}${line ? `, ligne ${line}` : ''})`, text && ` : ${text}`];
  const en = [piece && ` (piece ${piece}${line ? `, line ${line}` : ''})`, text && `: ${text}`];
  return { fr: fr.filter(Boolean).join(''), en: en.filter(Boolean).join('') };
}

function subjectOf({ bordereau, contract, attachment }: AcquitElement, domain: string): Fact {
  const { fr, en } = Object.hasOwn(domains, domain) ? domains[domain as keyof typeof domains] : domains[0];
  const number = clipped(bordereau ? `${bordereau.number}/${bordereau.year}` : (contract ?? attachment ?? ''), 60);
  return { fr: number ? `${fr} ${number}` : fr, en: number ? `${en} ${number}` : en };
}
