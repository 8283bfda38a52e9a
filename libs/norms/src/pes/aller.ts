import type { XmlElement } from 'libxml2-wasm';
import { placed, type Reason } from '../xml/index.ts';
import { at, childrenOf, NS, valueAt, whereIs } from './dom.ts';
import { type Code, MOST_ALIKE, reason } from './reason.ts';

/** By what a flow is known: the State answers with the two first. */
export interface FlowKey {
  nomFic: string;
  codCol: string;
  idColl: string;
}

/** The blocks that hold bordereaux: the header that says whether they are dematerialised, and their amount. */
const DOMAINS = [
  { name: 'PES_DepenseAller', header: 'EnTeteDepense', amount: 'MtBordHT' },
  { name: 'PES_RecetteAller', header: 'EnTeteRecette', amount: 'MtBordHt' },
] as const;

/** The key of a PES message of any kind. A PES_Retour writes CodColl for CodCol. What is missing is ''. */
export function keyOf(root: XmlElement): FlowKey {
  return {
    nomFic: valueAt(root, 'Enveloppe', 'Parametres', 'NomFic'),
    codCol: valueAt(root, 'EnTetePES', 'CodCol') || valueAt(root, 'EnTetePES', 'CodColl'),
    idColl: valueAt(root, 'EnTetePES', 'IdColl'),
  };
}

/** Whether a code can be that of a local authority: three digits that are not all zero. */
export function isCodCol(value: string): boolean {
  return /^\d{3}$/.test(value) && value !== '000';
}

/** The rules that a PES_Aller must keep whatever version of the schemas it follows. */
export function checkAller(root: XmlElement): Reason[] {
  const { nomFic } = keyOf(root);
  const header = at(root, 'EnTetePES')[0] ?? root;
  const reasons: Reason[] = [];
  if (nomFic === '') reasons.push(reason('NOMFIC_MISSING', whereIs(at(root, 'Enveloppe')[0] ?? root)));
  // @NOTE A PES_Aller that writes CodColl has no CodCol: the acknowledgement would not have one either.
  if (!isCodCol(valueAt(root, 'EnTetePES', 'CodCol'))) reasons.push(reason('CODCOL_INVALID', whereIs(header)));
  if (isEmpty(root)) reasons.push(reason('FLOW_EMPTY', placed(root.line)));
  return [
    ...reasons,
    ...DOMAINS.flatMap((domain) => at(root, domain.name).flatMap((one) => checkDomain(one, domain, root))),
  ];
}

function isEmpty(root: XmlElement): boolean {
  const held = [...DOMAINS.map(({ name }) => at(root, name, 'Bordereau')), at(root, 'PES_PJ', 'PJ')];
  const others = ['PES_Facture', 'PES_Marche'].flatMap((name) => at(root, name)).flatMap(childrenOf);
  return held.flat().length + others.length === 0;
}

function checkDomain(domain: XmlElement, { header, amount }: (typeof DOMAINS)[number], root: XmlElement): Reason[] {
  const info = at(domain, header, 'InfoDematerialisee');
  const written = info[0]?.attr('V')?.value.trim() ?? '0'; // absent is 0, says the schema
  const where = whereIs(info[0] ?? domain);
  if (info.length > 1 || !/^([01]|true|false)$/i.test(written)) return [reason('DEMAT_INVALID', where)];
  const dematerialised = /^(1|true)$/i.test(written);
  const bordereaux = at(domain, 'Bordereau');
  const signed = bordereaux.filter(isSigned);
  const whole = isSigned(root);
  const reasons = bordereaux.flatMap((one) => checkBordereau(one, amount, dematerialised));
  if (!dematerialised) return whole || signed.length > 0 ? [...reasons, reason('DEMAT_SIGNED', where)] : reasons;
  const unsigned = whole ? [] : bordereaux.filter((one) => !isSigned(one));
  return [...reasons, ...unsigned.slice(0, MOST_ALIKE + 1).map((one) => reason('DEMAT_UNSIGNED', whereIs(one)))];
}

function isSigned(element: XmlElement): boolean {
  return childrenOf(element).some(({ name, namespaceUri }) => name === 'Signature' && namespaceUri === NS.ds);
}

function checkBordereau(bordereau: XmlElement, amount: string, dematerialised: boolean): Reason[] {
  const codes: Code[] = [];
  // An amount that is missing or no number is the schema's to tell.
  const written = valueAt(bordereau, 'BlocBordereau', amount);
  if (written !== '' && Number(written) <= 0) codes.push('AMOUNT_NOT_POSITIVE');
  // The ORMC (06, revenue that several pay at a time) have no yearly total.
  const cumul = Number(valueAt(bordereau, 'BlocBordereau', 'MtCumulAnnuel') || '0');
  const ormc = valueAt(bordereau, 'BlocBordereau', 'TypBord') === '06';
  if (dematerialised && !ormc && !(cumul > 0)) codes.push('CUMUL_MISSING');
  return codes.map((code) => reason(code, whereIs(bordereau)));
}
