import { expect, test } from 'vitest';
import { readXml } from '../xml/index.ts';
import { type Acquit, acquitReasons, readAcquit, readNonAcquit, statusOf } from './acquit.ts';
import { checkPes } from './check.ts';
import { readAcquitRetour, readRetour } from './retour.ts';

const RETOUR = 'http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour';
const HEAD =
  '<Enveloppe><Parametres><NomFic V="F.xml"/></Parametres></Enveloppe><EnTetePES><IdColl V="00000001800010"/><CodCol V="123"/></EnTetePES>';

function acquit(elements: string, head = HEAD): Acquit {
  using read = readXml(Buffer.from(`<n:PES_ACQUIT xmlns:n="${RETOUR}/v2">${head}${elements}</n:PES_ACQUIT>`));
  return readAcquit(read.document.root);
}

const element = (domain: number, state: string, rest = '') =>
  `<ElementACQUIT><DomaineAck V="${domain}"/><EtatAck V="${state}"/>${rest}</ElementACQUIT>`;
const error = (number: string, label: string) =>
  `<Erreur><NumAnoAck V="${number}"/><LibelleAnoAck V="${label}"/></Erreur>`;
const block = (...elements: string[]) =>
  `<ACQUIT><EnTeteAcquit><IdVer V="2"/></EnTeteAcquit>${elements.join('')}</ACQUIT>`;

test('anomalies are read at all three levels, each with the number of its piece and line', () => {
  const bordereau = '<NumBord V="42"/><ExerciceBord V="2026"/>';
  const line = `<DetailLigne><NumLigne V="1"/>${error('ERREUR_AUTRE', '2559 c')}</DetailLigne>`;
  const piece = `<DetailPiece><NumPiece V="777"/>${error('ERREUR_DOUBLON_PIECE', 'b')}${line}</DetailPiece>`;
  const { state, elements, ...key } = acquit(
    block(element(5, '0', bordereau + error('ERREUR_SIRET', 'a') + piece), element(4, '1', '<IdUnique V="PJ1"/>')),
  );
  expect(key).toEqual({ nomFic: 'F.xml', codCol: '123' });
  expect(state).toBe('PARTLY_REJECTED');
  expect(
    elements.map(({ domain, accepted, bordereau: of, attachment }) => ({ domain, accepted, of, attachment })),
  ).toEqual([
    { domain: '5', accepted: false, of: { number: '42', year: '2026' }, attachment: undefined },
    { domain: '4', accepted: true, of: undefined, attachment: 'PJ1' },
  ]);
  expect(elements[0]!.anomalies.map(({ number, label, piece: p, line: l }) => [number, label, p, l])).toEqual([
    ['ERREUR_SIRET', 'a', undefined, undefined],
    ['ERREUR_DOUBLON_PIECE', 'b', '777', undefined],
    ['ERREUR_AUTRE', '2559 c', '777', '1'],
  ]);
});

test.each<[string, string, Acquit['state'], number]>([
  ['everything accepted', block(element(5, '1'), element(4, '1')), 'ACCEPTED', 8],
  ['all its parts rejected', block(element(5, '0'), element(4, '0')), 'REJECTED', 8],
  ['the flow rejected, whatever is said of its parts', block(element(0, '0'), element(4, '1')), 'REJECTED', 8],
  ['the signature of the whole rejected', block(element(2, '0'), element(5, '1')), 'REJECTED', 8],
  ['one part without a state', block(element(5, ''), element(4, '1')), 'UNREADABLE', 8],
  ['no block at all', '', 'NO_DETAIL', 4],
])('what an acknowledgement says: %s', (_, inner, state, status) => {
  const read = acquit(inner);
  expect([read.state, statusOf(read)]).toEqual([state, status]);
});

test('8 is not "accepted": the reasons of a rejected flow are refusals, in the words of the DGFiP', () => {
  const read = acquit(
    block(element(5, '0', `<NumBord V="42"/><ExerciceBord V="2026"/>${error('ERREUR_AUTRE', '2559 - x')}`)),
  );
  expect(statusOf(read)).toBe(8);
  const [reason] = acquitReasons(read);
  expect(reason).toMatchObject({ code: 'REJECTED', severity: 'refusal' });
  expect(reason!.fr.message).toBe('La DGFiP a rejeté le bordereau de dépense 42/2026 : ERREUR_AUTRE 2559 - x.');
  expect(reason!.en.message).toBe('The DGFiP has rejected the bordereau of expenses 42/2026: ERREUR_AUTRE 2559 - x.');
});

test('an acknowledgement without CodCol, or with 000, is read all the same, with a warning', () => {
  for (const head of [HEAD.replace('<CodCol V="123"/>', ''), HEAD.replace('123', '000')]) {
    const read = acquit(block(element(5, '1')), head);
    expect(read.state).toBe('ACCEPTED');
    expect(acquitReasons(read).map(({ code, severity }) => [code, severity])).toEqual([['ACK_UNMATCHED', 'warning']]);
  }
});

test('an anomaly of what is accepted is a warning', () => {
  const reasons = acquitReasons(acquit(block(element(4, '1', error('ERREUR_PJ', 'x')))));
  expect(reasons.map(({ code, severity }) => [code, severity])).toEqual([['ACCEPTED_WITH_ANOMALY', 'warning']]);
});

test('the old PES_NonAcquit refuses the whole flow for its motive', async () => {
  const xml = Buffer.from(
    '<n:PES_NonAcquit xmlns:n="http://www.minefi.gouv.fr/cp/helios/pes"><NonAcquit><NomFic V="F.xml"/><Motif V="illisible"/></NonAcquit></n:PES_NonAcquit>',
  );
  using read = readXml(xml);
  expect(readNonAcquit(read.document.root)).toMatchObject({ nomFic: 'F.xml', motive: 'illisible' });
  const { reasons, key } = await checkPes(xml, { norms: '/nowhere', now: new Date() });
  expect(key?.nomFic).toBe('F.xml');
  expect(reasons.map(({ fr }) => fr.message)).toEqual(['La DGFiP a rejeté le flux : illisible.']);
});

test('a PES_Retour writes CodColl, and is given by its SIRET', () => {
  const head = HEAD.replace('CodCol ', 'CodColl ');
  using read = readXml(Buffer.from(`<n:PES_Retour xmlns:n="${RETOUR}">${head}<PES_DepenseRetour/></n:PES_Retour>`));
  expect(readRetour(read.document.root)).toEqual({
    nomFic: 'F.xml',
    codCol: '123',
    idColl: '00000001800010',
    domains: ['PES_DepenseRetour'],
  });
});

const ACK = 'http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/aller/ack';
const retourElement = (domain: string, kind = '02') =>
  `<ElementACQUIT_RETOUR><DomaineAckRetour V="${domain}"/><NomFichierRetour V="PES2R_DEP_P.xml"/><TypRestit V="${kind}"/><DateAcquit V="2026-03-10"/></ElementACQUIT_RETOUR>`;
const acquitRetour = (elements: string, head = HEAD) =>
  Buffer.from(
    `<n:PES_ACQUIT_RETOUR xmlns:n="${ACK}">${head}<ACQUIT_RETOUR>${elements}</ACQUIT_RETOUR></n:PES_ACQUIT_RETOUR>`,
  );

test('a PES_ACQUIT_RETOUR tells which files have come', () => {
  using read = readXml(acquitRetour(retourElement('13') + retourElement('14')));
  const { elements } = readAcquitRetour(read.document.root);
  expect(elements.map(({ domain, file, kind, on }) => [domain, file, kind, on])).toEqual([
    ['EXPENSE', 'PES2R_DEP_P.xml', '02', '2026-03-10'],
    ['REVENUE', 'PES2R_DEP_P.xml', '02', '2026-03-10'],
  ]);
});

test.each<[string, Buffer, string[]]>([
  ['right', acquitRetour(retourElement('13')), []],
  [
    'spelt CodColl, as one in use is',
    acquitRetour(retourElement('13'), HEAD.replace('CodCol ', 'CodColl ')),
    ['RETOUR_CODCOL'],
  ],
  ['of an unknown domain', acquitRetour(retourElement('12')), ['RETOUR_ELEMENT']],
  ['of an unknown kind', acquitRetour(retourElement('13', '04')), ['RETOUR_ELEMENT']],
  ['of nothing', acquitRetour(''), ['FLOW_EMPTY']],
])('a PES_ACQUIT_RETOUR %s', async (_, bytes, codes) => {
  const { reasons, kind } = await checkPes(bytes, { norms: '/nowhere', now: new Date() });
  expect(kind).toBe('PES_ACQUIT_RETOUR');
  expect(reasons.map(({ code }) => code).filter((code) => code !== 'SCHEMA_MISSING')).toEqual(codes);
});
