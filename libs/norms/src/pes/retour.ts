import type { XmlElement } from 'libxml2-wasm';
import type { Reason } from '../xml/index.ts';
import { keyOf } from './aller.ts';
import { at, childrenOf, valueAt, whereIs } from './dom.ts';
import { reason } from './reason.ts';

/** What the treasury gives back: to whom, and which parts of the accounts. */
export interface Retour {
  nomFic: string;
  codCol: string;
  /** SIRET of whom it is for: PES_Retour is given to the one authority that has it. */
  idColl: string;
  /** `PES_DepenseRetour`, `PES_RecetteRetour`… in the order of the file. */
  domains: string[];
}

export function readRetour(root: XmlElement): Retour {
  const domains = childrenOf(root)
    .map(({ name }) => name)
    .filter((name) => !['Enveloppe', 'EnTetePES'].includes(name));
  return { ...keyOf(root), domains };
}

/** Acknowledges to the DGFiP that these files of PES_Retour have come. */
export interface AcquitRetour {
  nomFic: string;
  codCol: string;
  elements: { domain: 'EXPENSE' | 'REVENUE' | undefined; file: string; kind: string; on: string; where: string }[];
}

const KINDS: Record<string, 'EXPENSE' | 'REVENUE'> = { 13: 'EXPENSE', 14: 'REVENUE' };

export function readAcquitRetour(root: XmlElement): AcquitRetour {
  const { nomFic, codCol } = keyOf(root);
  const elements = at(root, 'ACQUIT_RETOUR', 'ElementACQUIT_RETOUR').map((one) => ({
    domain: KINDS[valueAt(one, 'DomaineAckRetour')],
    file: valueAt(one, 'NomFichierRetour'),
    kind: valueAt(one, 'TypRestit'),
    on: valueAt(one, 'DateAcquit'),
    where: whereIs(one),
  }));
  return { nomFic, codCol, elements };
}

/** What is wrong with a PES_ACQUIT_RETOUR beyond its schema, from which those in use depart. */
export function acquitRetourReasons(root: XmlElement): Reason[] {
  const { elements, nomFic } = readAcquitRetour(root);
  const reasons = nomFic ? [] : [reason('NOMFIC_MISSING', whereIs(root))];
  const [misspelt] = at(root, 'EnTetePES', 'CodColl');
  if (misspelt) reasons.push(reason('RETOUR_CODCOL', whereIs(misspelt)));
  if (elements.length === 0) reasons.push(reason('FLOW_EMPTY', whereIs(root)));
  const wrong = elements.filter(
    ({ domain, file, kind, on }) => !domain || !file || !/^0[123]$/.test(kind) || !/^\d{4}-\d\d-\d\d/.test(on),
  );
  return [...reasons, ...wrong.map(({ where }) => reason('RETOUR_ELEMENT', where))];
}
