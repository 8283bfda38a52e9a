import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Effect, effectOf, type ReceivedFile, readMail, readReplies } from '@jonction/norms/actes';
import { pack } from '@jonction/norms/formats';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DIRS, pdfOf, schema } from './sample.ts';

const manifest: { file: string; expect: string; why: string }[] = JSON.parse(
  readFileSync(join(DIRS.synthetic, 'manifest.json'), 'utf8'),
);
const mails = manifest.filter(({ file }) => file.endsWith('.eml'));
const mailOf = (file: string) => readMail(readFileSync(join(DIRS.synthetic, file)), schema);
/** All that is waited for, each in status 3; the answer to a letter has been sent. */
const WAITING = { act: 3, cancellation: 3, answer: 3, question: 3, envelope: 3 };

/** The statuses that a sentence of the manifest announces, by what it says they are of. */
const SENTENCES: [RegExp, Effect['statuses']][] = [
  [/acte en 4/, { act: 4 }],
  [/^AnomalieActe -> transaction en -1/, { act: -1 }],
  [/statut 21/, { letter: 21 }],
  [/statut 7/, { letter: 7 }],
  [/réponse \S+ en 4/, { answer: 4 }],
  [/acte en 0 Annulé/, { act: 0 }],
  [/transaction d'annulation en 4/, { cancellation: 4 }],
  [/demande 7-1 en 4/, { question: 4 }],
];

test('every mail of the synthetic set does what its manifest says', async () => {
  expect(mails).toHaveLength(10);
  for (const { file, expect: said, why } of mails) {
    const { replies, basket, reasons } = await mailOf(file);
    expect([replies.map((reply) => reply.file), basket, reasons], file).toEqual([[why], [], []]);
    const effect = effectOf(replies[0]?.root ?? 'Acte', WAITING) as Effect;
    const expected = SENTENCES.filter(([sentence]) => sentence.test(said)).map(([, statuses]) => statuses);
    expect(expected.length, said).toBeGreaterThan(0);
    expect(effect.statuses, said).toEqual(Object.assign({}, ...expected));
    const sends = /AR (\d-\d) -> 8/.exec(said)?.[1];
    expect(effect.sends, said).toBe(
      { '3-2': 'ARDemandePieceComplementaire', '4-2': 'ARLettreObservations' }[sends ?? ''],
    );
  }
});

test('the identifier, the dates and the words of the prefecture are read, and the XML is kept byte for byte', async () => {
  const read = async (n: string) => (await mailOf(`retours/${n}.eml`)).replies[0];
  const receipt = await read('01');
  const file = readFileSync(
    join(
      DIRS.synthetic,
      'retours/01-021-000000018-20260310-DEL2026_031-DE-1-2/021-000000018-20260310-DEL2026_031-DE-1-2_0.xml',
    ),
  );
  expect(receipt).toMatchObject({
    siren: '000000018',
    number: 'DEL2026_031',
    actId: '021-000000018-20260310-DEL2026_031-DE',
    date: '2026-03-13',
    classificationDate: '2019-04-18',
  });
  expect(receipt?.xml.equals(file)).toBe(true);
  expect(receipt?.sha256).toBe(createHash('sha256').update(file).digest('hex'));
  expect(await read('02')).toMatchObject({
    siren: '000000018',
    number: 'REJ2026_002',
    nature: '002',
    words: expect.stringContaining('ODT-VERIF-01 : Votre acte a été transmis'),
  });
  expect(await read('04')).toMatchObject({ letterDate: '2026-03-21', words: 'Merci de fournir la pièce n° 4' });
  expect((await read('04'))?.documents.map(({ bytes }) => bytes.subarray(0, 5).toString())).toEqual(['%PDF-']);
});

test('the order of attachments does not matter, nor that they come twice', async () => {
  const folder = join(DIRS.synthetic, 'retours/06-021-000000018-20260310-DEL2026_031-DE-4-1');
  const files = readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
  const expected = readReplies(files, schema);
  expect(expected.replies.map(({ root }) => root)).toEqual(['LettreObservations']);
  const orders = fc.shuffledSubarray([...files, ...files], { minLength: files.length * 2 });
  fc.assert(
    fc.property(orders, (order) => {
      expect(readReplies(order, schema)).toEqual(expected);
    }),
    { seed: 1, numRuns: 50 },
  );
});

/** A receipt with this in its subject, as the bytes of an encoding under the header of another. */
function receipt(subject: Buffer, header = 'ISO-8859-1'): ReceivedFile {
  const file = readFileSync(join(DIRS.replies, '006-210600235-20180522-684-AI-1-2_5279.xml'));
  const [before = '', after = ''] = file
    .toString('latin1')
    .replace('ISO-8859-1', header)
    .split('Contrat à durée déterminée');
  const bytes = Buffer.concat([Buffer.from(before, 'latin1'), subject, Buffer.from(after, 'latin1')]);
  return { name: '006-210600235-20180522-684-AI-1-2_5279.xml', bytes };
}

test('a receipt in a wrong encoding is a receipt, with a warning, and its bytes are kept as they came', () => {
  for (const file of [
    receipt(Buffer.from('Été')),
    receipt(Buffer.from('l\x92\xe9t\xe9', 'latin1')),
    receipt(Buffer.from('\xe9t\xe9', 'latin1'), 'UTF-8'),
  ]) {
    const { replies, basket } = readReplies([file], schema);
    expect(basket).toEqual([]);
    expect(replies[0]).toMatchObject({ root: 'ARActe', actId: '006-210600235-20180522-684-AI', date: '2018-05-28' });
    expect(replies[0]?.xml).toBe(file.bytes);
    expect(replies[0]?.reasons.length).toBeGreaterThan(0);
    expect(replies[0]?.reasons.every(({ severity }) => severity === 'warning')).toBe(true);
  }
});

test('real replies that deviate from the schema or from each other are read', () => {
  const files = [DIRS.replies, DIRS.vendors].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.xml'))
      .map((name) => join(folder, name)),
  );
  const roots = files.flatMap((path) =>
    readReplies([{ name: basename(path), bytes: readFileSync(path) }], schema).replies.map(
      ({ root, siren }) => `${root} ${siren}`,
    ),
  );
  expect(roots.sort()).toEqual([
    'ARActe 210600235',
    'ARActe 491011698',
    'ARAnnulation 214400152',
    'DefereTA 000000000',
  ]);
});

test('an anomaly with a nature that the schema does not know is read, and told in its own words', () => {
  const mail = readFileSync(
    join(
      DIRS.synthetic,
      'retours/02-021-000000018-20260311-REJ2026_002-DE-1-3/021-000000018-20260311-REJ2026_002-DE-1-3_0.xml',
    ),
    'latin1',
  );
  const bytes = Buffer.from(mail.replace('>002<', '>ERREUR2<'), 'latin1');
  const [reply] = readReplies([{ name: '021-000000018----1-3_1.xml', bytes }], schema).replies;
  expect(reply).toMatchObject({ root: 'AnomalieActe', nature: 'ERREUR2', siren: '000000018', number: 'REJ2026_002' });
  expect(reply?.reasons.map(({ code, severity }) => `${code} ${severity}`)).toContain('SCHEMA warning');
});

test('a refused envelope is told by its name', () => {
  const envelope = readFileSync(join(DIRS.synthetic, 'actes/deplie-1/EACT--000000018--20260312-1.xml'), 'latin1');
  const inner = /<actes:EnveloppeCLMISILL[^>]*>(.*)<\/actes:EnveloppeCLMISILL>/s.exec(envelope)?.[1];
  const xml = `<?xml version="1.0" encoding="ISO-8859-1"?><actes:AnomalieEnveloppe xmlns:actes="http://www.interieur.gouv.fr/ACTES#v1.1-20040216" xmlns:insee="http://xml.insee.fr/schema"><actes:Date>2026-03-13</actes:Date><actes:Nature>5</actes:Nature><actes:Detail>PREF-VERIF-02</actes:Detail><actes:EnveloppeRecue>${inner}</actes:EnveloppeRecue></actes:AnomalieEnveloppe>`;
  const { replies } = readReplies(
    [{ name: 'ANO_EACT--000000018--20260312-1.xml', bytes: Buffer.from(xml, 'latin1') }],
    schema,
  );
  expect(replies[0]).toMatchObject({
    root: 'AnomalieEnveloppe',
    envelope: 'EACT--000000018--20260312-1',
    siren: '000000018',
    words: 'PREF-VERIF-02',
  });
  expect(effectOf('AnomalieEnveloppe', WAITING)).toEqual({ statuses: { envelope: -1 } });
});

test('what nobody understands goes to the basket with a reason, and nothing is dropped', () => {
  const files = [
    { name: 'unknown.xml', bytes: Buffer.from('<a/>') },
    { name: 'broken.xml', bytes: Buffer.from('<?xml version="1.0"?><a>') },
    { name: 'evil.xml', bytes: Buffer.from('<!DOCTYPE a><a/>') },
    { name: 'orphan.pdf', bytes: pdfOf('x') },
    { name: 'orphan.pdf', bytes: pdfOf('y') },
    { name: 'empty.xml', bytes: Buffer.alloc(0) },
  ];
  const { replies, basket } = readReplies(files, schema);
  expect(replies).toEqual([]);
  expect(basket.map(({ file }) => file.name).sort()).toEqual(files.map(({ name }) => name).sort());
  expect(basket.every(({ reasons }) => reasons.length > 0)).toBe(true);
});

/** A mail with these attachments. */
function mail(files: readonly ReceivedFile[], text = 'Bonjour'): Buffer {
  const parts = files.map(
    ({ name, bytes }) =>
      `--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="${name}"\r\n\r\n${bytes.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`,
  );
  return Buffer.from(
    `Message-ID: <1@exemple>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n${parts.join('')}--b--\r\n`,
  );
}

test('a tar.gz is read as the mail would be, and one that is damaged goes whole to the basket', async () => {
  const bytes = readFileSync(join(DIRS.replies, 'courrier_simple.tar.gz'));
  const { replies, basket, reasons, messageId } = await readMail(
    mail([{ name: 'courrier_simple.tar.gz', bytes }]),
    schema,
  );
  expect([basket, reasons, messageId]).toEqual([[], [], '<1@exemple>']);
  expect(replies[0]).toMatchObject({ root: 'CourrierSimple', siren: '862614864', letterDate: '2015-08-05' });
  expect(replies[0]?.documents.map((file) => file.bytes.length)).toEqual([21_803]);
  const cut = await readMail(mail([{ name: 'a.tar.gz', bytes: bytes.subarray(0, 500) }]), schema);
  expect(cut.basket.map(({ file }) => file.name)).toEqual(['a.tar.gz']);
  const bomb = await readMail(
    mail([
      { name: 'b.tgz', bytes: await pack([{ name: 'a.pdf', bytes: Buffer.alloc(40 * 1024 * 1024) }], '2026-03-12') },
    ]),
    schema,
  );
  expect(bomb.basket.map(({ file }) => file.name)).toEqual(['b.tgz']);
  const nested = await readMail(mail([{ name: 'c.tar.gz', bytes: gzipSync(bytes) }]), schema);
  expect(nested.basket).toHaveLength(1);
});

test('a mail about an act sent on paper beside the platform says so', async () => {
  const text =
    "Notre service de contrôle de légalité a identifié qu'il s'agit d'un acte dont la transmission est effectuée en multi canal.";
  expect((await readMail(mail([], text), schema)).multichannel).toBe(true);
  expect((await mailOf('retours/01.eml')).multichannel).toBe(false);
});

test('a mail that is no mail gives nothing, and does not throw', async () => {
  const noise = fc.uint8Array({ maxLength: 2_000 });
  await fc.assert(
    fc.asyncProperty(noise, async (bytes) => {
      expect((await readMail(bytes, schema)).replies).toEqual([]);
    }),
    { seed: 1, numRuns: 50 },
  );
});

test('an anomaly about an act that is not waiting changes nothing, and somebody must look', () => {
  expect(effectOf('AnomalieActe', { act: 4 })).toBe('basket');
  expect(effectOf('AnomalieActe', {})).toBe('basket');
});

test('a receipt read twice, or after the act was cancelled, changes no status', () => {
  expect(effectOf('ARActe', { act: 4 })).toEqual({ statuses: {} });
  expect(effectOf('ARActe', { act: 0 })).toEqual({ statuses: {} });
  expect(effectOf('ARActe', {})).toBe('basket');
});

test('a classification that nobody asked for is in force all the same', () => {
  expect(effectOf('RetourClassification', {})).toEqual({ statuses: {}, classification: true });
  expect(effectOf('RetourClassification', { question: 3 })).toEqual({
    statuses: { question: 4 },
    classification: true,
  });
});

test('a message of ours that comes back, or about what we do not know, goes to the basket', () => {
  for (const root of ['Acte', 'Annulation', 'DemandeClassification'] as const)
    expect(effectOf(root, WAITING)).toBe('basket');
  for (const root of [
    'CourrierSimple',
    'DefereTA',
    'LettreObservations',
    'ARPieceComplementaire',
    'ARAnnulation',
  ] as const) {
    expect(effectOf(root, {})).toBe('basket');
  }
});
