import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type Identity, issue } from '../samples/authority.ts';
import { bordereau, samplePes } from '../samples/pes.ts';
import { type Signer, signBordereaux, signWhole } from '../samples/sign-pes.ts';
import { verdictOf } from '../xml/index.ts';
import { checkPes } from './check.ts';

const at = new Date('2026-03-12T10:00:00Z');
const now = new Date('2026-03-13T10:00:00Z');
const latin1 = (text: string) => Buffer.from(text, 'latin1');
let authority: Identity;
let mayor: Identity;
let thief: Identity;

beforeAll(async () => {
  authority = await issue('Autorité de test');
  mayor = await issue('Maire de test', { by: authority });
  thief = await issue('Un autre');
});

const signer = (more: Partial<Signer> = {}): Signer => ({ ...mayor, at, ...more });

/** The codes of the refusals, without the schemas: what is refused here is refused by the signature alone. */
async function refusals(bytes: Buffer, trusted = [authority.certificate]): Promise<string[]> {
  const { reasons } = await checkPes(bytes, { norms: '/nowhere', trusted, now });
  return [...new Set(reasons.filter(({ severity }) => severity === 'refusal').map(({ code }) => code))];
}

async function warnings(bytes: Buffer, trusted?: Identity[]): Promise<string[]> {
  const trust = trusted && { trusted: trusted.map(({ certificate }) => certificate) };
  const { reasons } = await checkPes(bytes, { norms: '/nowhere', now, ...trust });
  expect(verdictOf(reasons)).toBe('avertissement');
  return reasons.map(({ code }) => code).filter((code) => code !== 'SCHEMA_MISSING');
}

test.each<[string, (bytes: Buffer) => Buffer]>([
  ['one signature for each bordereau', (bytes) => signBordereaux(bytes, signer())],
  ['one signature of the whole', (bytes) => signWhole(bytes, signer())],
  ['both', (bytes) => signWhole(signBordereaux(bytes, signer()), signer())],
])('%s is accepted, and a changed amount no more', async (_, sign) => {
  const signed = sign(latin1(samplePes({ bordereaux: ['B1', 'B2', 'B3'] })));
  expect(await refusals(signed)).toEqual([]);
  const forged = latin1(signed.toString('latin1').replace('<MtHT V="120.50"/>', '<MtHT V="920.50"/>'));
  expect(await refusals(forged)).toEqual(['CONTENT_ALTERED']);
});

/** A file with one signed bordereau, in pieces to be put together wrongly. */
function pieces() {
  const whole = signBordereaux(latin1(samplePes()), signer()).toString('latin1');
  const [signature = ''] = /<ds:Signature .*<\/ds:Signature>/s.exec(whole) ?? [];
  const [original = ''] = /<Bordereau .*<\/Bordereau>/s.exec(whole) ?? [];
  const content = original.replace(signature, '');
  const into = (block: string, what: string) => block.replace('</Bordereau>', `${what}</Bordereau>`);
  const evil = (id: string, inside: string) => into(bordereau(id, { amount: '999999.00' }), inside);
  const holding = (held: string) => signature.replace('</ds:Object>', `${held}</ds:Object>`);
  const beside = (held: string) =>
    signature.replace('</ds:Signature>', `<ds:Object>${held}</ds:Object></ds:Signature>`);
  const instead = (block: string, rest = '') =>
    latin1(whole.replace(original, block).replace('</n:PES_Aller>', `${rest}</n:PES_Aller>`));
  return { original, content, signature, into, evil, holding, beside, instead };
}

/** The eight forms of signature wrapping that were described for SAML, on a bordereau of Helios. */
test.each<[string, string[], (p: ReturnType<typeof pieces>) => Buffer]>([
  [
    '1: the signature moved to a false bordereau, the true one beside it',
    ['REFERENCE', 'DEMAT_UNSIGNED'],
    (p) => p.instead(p.evil('EVIL', p.signature) + p.content),
  ],
  ['2: a false bordereau before the true one', ['DEMAT_UNSIGNED'], (p) => p.instead(p.evil('EVIL', '') + p.original)],
  [
    '3: the true bordereau inside a false one',
    ['SIGNATURE_MISPLACED', 'DEMAT_UNSIGNED'],
    (p) => p.instead(p.evil('EVIL', p.original)),
  ],
  [
    '4: the true one in the Object of the signature, the false one with its Id',
    ['ID_DUPLICATE', 'SIGNATURE_SHAPE'],
    (p) => p.instead(p.evil('B1', p.holding(p.content))),
  ],
  [
    '5: the true one in a second Object, the false one with an Id of its own',
    ['SIGNATURE_SHAPE'],
    (p) => p.instead(p.evil('EVIL', p.beside(p.content))),
  ],
  [
    '6: the true one, signed, in an extension at the end, the false one with its Id',
    ['ID_DUPLICATE', 'SIGNATURE_MISPLACED', 'DEMAT_UNSIGNED'],
    (p) => p.instead(p.evil('B1', ''), `<Extension>${p.original}</Extension>`),
  ],
  [
    '7: the true one in an extension, the false one with its Id and its signature',
    ['ID_DUPLICATE', 'CONTENT_ALTERED'],
    (p) => p.instead(p.evil('B1', p.signature), `<Extension>${p.content}</Extension>`),
  ],
  [
    '8: the signature at the end of the file, holding the true one',
    ['SIGNATURE_SHAPE'],
    (p) => p.instead(p.evil('EVIL', ''), p.holding(p.content)),
  ],
])('wrapping %s is refused', async (_, expected, wrap) => {
  const found = await refusals(wrap(pieces()));
  expect(found).toEqual(expect.arrayContaining(expected));
  expect(found).toHaveLength(expected.length);
});

const decoys = [' ID="B1"', ' id="B1"', ' xml:id="B1"', ' Id="B1"'];
test.each(decoys)('an Id that stands twice, the second time as%s, is refused', async (attribute) => {
  const p = pieces();
  expect(await refusals(p.instead(p.original, `<Extension${attribute}/>`))).toContain('ID_DUPLICATE');
});

const INFO = /<ds:SignedInfo>.*<\/ds:SignedInfo>/s;
test.each<[string, string, (text: string) => string]>([
  ['two SignedInfo', 'SIGNATURE_SHAPE', (text) => text.replace(INFO, '$&$&')],
  ['an empty SignedInfo', 'SIGNATURE_SHAPE', (text) => text.replace(INFO, '<ds:SignedInfo/>')],
  [
    'no reference to the content',
    'SIGNATURE_SHAPE',
    (text) => text.replace(/<ds:Reference URI="#B1">.*?<\/ds:Reference>/s, ''),
  ],
  ['a comment in a digest', 'SIGNATURE_SHAPE', (text) => text.replace('<ds:DigestValue>', '$&<!-- x -->')],
  ['an instruction in the value', 'SIGNATURE_SHAPE', (text) => text.replace('<ds:SignatureValue>', '$&<?x?>')],
  ['a reference to the whole document', 'REFERENCE', (text) => text.replace('URI="#B1"', 'URI=""')],
  ['a reference to a file', 'REFERENCE', (text) => text.replace('URI="#B1"', 'URI="file:///etc/passwd"')],
  ['a reference by XPointer', 'REFERENCE', (text) => text.replace('URI="#B1"', `URI="#xpointer(id('B1'))"`)],
  [
    'a transform by XSLT',
    'TRANSFORMS',
    (text) =>
      text.replace(/(?<=Transform Algorithm=")[^"]*enveloped[^"]*/, 'http://www.w3.org/TR/1999/REC-xslt-19991116'),
  ],
  [
    'a transform by XPath',
    'TRANSFORMS',
    (text) =>
      text.replace('</ds:Transforms>', '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"/>$&'),
  ],
  [
    'a key made of a password',
    'ALGORITHM',
    (text) => text.replace(/[^"]*rsa-sha256/, 'http://www.w3.org/2000/09/xmldsig#hmac-sha1'),
  ],
  [
    'a canonical form with comments',
    'ALGORITHM',
    (text) => text.replace(/(?<=Method Algorithm=")[^"]*exc-c14n#/, '$&WithComments'),
  ],
  [
    'a bare key instead of a certificate',
    'CERTIFICATE_MISSING',
    (text) => text.replace(/<ds:X509Data>.*<\/ds:X509Data>/s, '<ds:KeyValue/>'),
  ],
  [
    'a certificate that is none',
    'CERTIFICATE_MISSING',
    (text) => text.replace(/(?<=<ds:X509Certificate>)[^<]*/, 'AAAA'),
  ],
  ['properties of another signature', 'REFERENCE', (text) => text.replace('Target="#B1_SIG"', 'Target="#B2_SIG"')],
  ['another time of signing', 'PROPERTIES_ALTERED', (text) => text.replace('2026-03-12T10:00', '2026-03-11T10:00')],
  ['another value', 'SIGNATURE_FALSE', (text) => text.replace(/(?<=<ds:SignatureValue>).{8}/, 'AAAAAAAA')],
  ['an element after the signature', 'SIGNATURE_MISPLACED', (text) => text.replace('</Bordereau>', '<Piece/>$&')],
])('%s is refused', async (_, code, change) => {
  const signed = signBordereaux(latin1(samplePes()), signer()).toString('latin1');
  const changed = change(signed);
  expect(changed).not.toBe(signed);
  expect(await refusals(latin1(changed))).toContain(code);
});

test('a signature made anew with the key of a thief is refused, whatever certificate it shows', async () => {
  const bytes = latin1(samplePes());
  expect(await refusals(signBordereaux(bytes, signer({ key: thief.key })))).toEqual(['SIGNATURE_FALSE']);
  expect(await refusals(signBordereaux(bytes, signer({ ...thief, named: mayor.certificate })))).toEqual(
    expect.arrayContaining(['SIGNING_CERTIFICATE', 'NOT_TRUSTED']),
  );
  expect(await refusals(signBordereaux(bytes, signer(thief)))).toEqual(['NOT_TRUSTED']);
});

test('a certificate must be valid at the time of signing, long enough, and lead to one that is trusted', async () => {
  const bytes = latin1(samplePes());
  const expired = await issue('Ancien maire', { by: authority, to: new Date('2026-03-01') });
  const short = await issue('Petite clé', { by: authority, bits: 1024 });
  const between = await issue('Autorité intermédiaire', { by: authority, ca: true });
  const below = await issue('Adjoint', { by: between });
  const byMayor = await issue('Délégué', { by: mayor, ca: false });
  const others = [between.certificate];
  expect(await refusals(signBordereaux(bytes, signer(expired)))).toEqual(['CERTIFICATE_DATES']);
  expect(await refusals(signBordereaux(bytes, signer(short)))).toEqual(['KEY_SHORT']);
  expect(await refusals(signBordereaux(bytes, signer({ ...below, others })))).toEqual([]);
  expect(await refusals(signBordereaux(bytes, signer(below)))).toEqual(['NOT_TRUSTED']);
  // The certificate of a person issues none.
  const others2 = [mayor.certificate];
  expect(await refusals(signBordereaux(bytes, signer({ ...byMayor, others: others2 })))).toEqual(['NOT_TRUSTED']);
});

test('SHA-1 is refused, an unknown policy is refused, an unknown version of the known one is a warning', async () => {
  const bytes = latin1(samplePes());
  const family = 'urn:oid:1.2.250.1.131.1.5.18.21.1.';
  expect(await refusals(signBordereaux(bytes, signer({ digest: 'sha1' })))).toEqual(['SHA1']);
  expect(await refusals(signBordereaux(bytes, signer({ policy: 'urn:oid:1.2.3' })))).toEqual(['POLICY_UNKNOWN']);
  expect(await warnings(signBordereaux(bytes, signer({ policy: `${family}8` })), [authority])).toEqual([
    'POLICY_NOT_COMPARED',
  ]);
  expect(await warnings(signBordereaux(bytes, signer({ policy: `${family}4` })), [authority])).toEqual([
    'POLICY_OLD',
    'POLICY_NOT_COMPARED',
  ]);
});

test('without authorities to trust there is a warning, and with a clock that is behind another', async () => {
  const bytes = latin1(samplePes());
  expect(await warnings(signBordereaux(bytes, signer()))).toEqual(['TRUST_NOT_JUDGED']);
  const tomorrow = signer({ at: new Date('2026-03-14') });
  expect(await warnings(signBordereaux(bytes, tomorrow), [authority])).toEqual(['SIGNING_TIME_FUTURE']);
});

const xmlsec = spawnSync('xmlsec1', ['--version']).status === 0;
if (!xmlsec) console.log('xmlsec1 is not installed: it does not judge our signatures in this run');

test.skipIf(!xmlsec)('what we accept, xmlsec1 accepts too, also after one byte was changed anywhere', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pes-'));
  try {
    const file = join(folder, 'pes.xml');
    writeFileSync(join(folder, 'ca.pem'), authority.certificate.toString());
    const accepts = (bytes: Buffer) => {
      writeFileSync(file, bytes);
      const ids = ['Bordereau', 'http://uri.etsi.org/01903/v1.1.1#:SignedProperties'].flatMap((one) => [
        '--id-attr:Id',
        one,
      ]);
      const trust = ['--trusted-pem', join(folder, 'ca.pem'), '--verification-time', '2026-03-12 10:00:00'];
      return spawnSync('xmlsec1', ['--verify', ...ids, ...trust, file]).status === 0;
    };
    const honest = signBordereaux(latin1(samplePes()), signer());
    expect([accepts(honest), await refusals(honest)]).toEqual([true, []]);
    let same = 0;
    const from = honest.indexOf('<Bordereau');
    for (let i = 0; i < 60; i++) {
      const changed = Buffer.from(honest);
      const place = from + ((i * 7919) % (honest.length - from));
      changed[place] = changed[place] === 0x41 ? 0x42 : 0x41;
      const ours = (await refusals(changed)).length === 0;
      if (ours) expect(accepts(changed), `byte ${place}`).toBe(true);
      if (ours === accepts(changed)) same += 1;
    }
    // We refuse more: the certificate named, the shape, the policy. Never less.
    expect(same).toBeGreaterThan(50);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
