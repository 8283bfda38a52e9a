import * as fc from 'fast-check';
import { diag } from 'libxml2-wasm';
import { expect, test } from 'vitest';
import { exclusive, inclusive, type ReadOptions, Refused, readXml } from './index.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const utf8 = (text: string) => Buffer.from(text, 'utf8');
const ISO = '<?xml version="1.0" encoding="ISO-8859-1"?>\n';

/** The code and place of the refusal, or undefined when the document is read. */
function refusalOf(bytes: Buffer, options?: ReadOptions): string | undefined {
  try {
    readXml(bytes, options)[Symbol.dispose]();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(Refused);
    const [reason] = (error as Refused).reasons;
    for (const { message, fix } of [reason!.fr, reason!.en]) expect([message, fix]).not.toContain('');
    expect(reason!.severity).toBe('refusal');
    return `${reason!.code} ${reason!.where}`;
  }
}

const LAUGHS = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol">${Array.from(
  { length: 10 },
  (_, i) => `<!ENTITY l${i} "${`&${i ? `l${i - 1}` : 'a'};`.repeat(10)}">`,
).join('')}]><l>&l9;</l>`;

test.each<[string, Buffer, string]>([
  ['nothing', utf8(''), 'EMPTY_FILE 1:1'],
  ['text', utf8('Bonjour'), 'NOT_XML 1:1'],
  ['an archive', utf8('PK\u0003\u0004'), 'NOT_XML 1:1'],
  ['a document type', utf8('<?xml version="1.0"?>\n<!DOCTYPE a>\n<a/>'), 'DOCTYPE 2:1'],
  ['a document type after a comment', utf8('<!-- <a> -->\n <!doctype a><a/>'), 'DOCTYPE 2:2'],
  ['an external entity', utf8('<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'), 'DOCTYPE 1:1'],
  ['a parameter entity', utf8('<!DOCTYPE a [<!ENTITY % e SYSTEM "http://127.0.0.1/e">%e;]><a/>'), 'DOCTYPE 1:1'],
  ['a billion laughs', utf8(LAUGHS), 'DOCTYPE 1:22'],
  ['an entity that nothing defines', utf8('<a>&e;</a>'), 'NOT_WELL_FORMED 1:7'],
  ['a document cut short', utf8('<a><b>'), 'NOT_WELL_FORMED 1:7'],
  ['two roots', utf8('<a/><b/>'), 'NOT_WELL_FORMED 1:5'],
  ['an archive behind it', Buffer.concat([utf8('<a/>'), utf8('PK\u0005\u0006')]), 'NOT_WELL_FORMED 1:5'],
  ['a PDF in a comment', utf8('<!--\n%PDF-1.7\n--><a/>'), 'POLYGLOT 2:1'],
  ['a comment without end', utf8('<!-- <a/>'), 'NOT_WELL_FORMED 1:1'],
  ['257 levels', utf8('<a>\n'.repeat(257) + '</a>'.repeat(257)), 'TOO_DEEP 257'],
  ['10,000 levels', utf8('<a>'.repeat(10_000) + '</a>'.repeat(10_000)), 'TOO_DEEP 1:6147'],
  [
    '257 attributes',
    utf8(`<a>\n<b ${Array.from({ length: 257 }, (_, i) => `a${i}=""`).join(' ')}/></a>`),
    'TOO_MANY_ATTRIBUTES 2',
  ],
  ['UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<a/>', 'utf16le')]), 'ENCODING_UNKNOWN 1:1'],
  ['UTF-7', utf8('<?xml version="1.0" encoding="UTF-7"?><a/>'), 'ENCODING_UNKNOWN 1:1'],
  ['a euro of windows-1252 under a Latin-1 header', latin1(`${ISO}<a>20 \x80</a>`), 'WINDOWS_1252 2:7'],
  ['UTF-8 under a Latin-1 header', Buffer.concat([latin1(ISO), utf8('<a>é</a>')]), 'ENCODING_MISMATCH 2:4'],
  ['a byte order mark of UTF-8 under a Latin-1 header', utf8(`\uFEFF${ISO}<a/>`), 'ENCODING_MISMATCH 1:1'],
  [
    'Latin-1 under a header of UTF-8',
    latin1('<?xml version="1.0" encoding="UTF-8"?>\n<a>é</a>'),
    'ENCODING_MISMATCH 2:4',
  ],
  ['Latin-1 without a header', latin1('<a>\n é</a>'), 'ENCODING_MISMATCH 2:2'],
])('%s is refused, with its place', (_, bytes, refusal) => {
  expect(refusalOf(bytes)).toBe(refusal);
});

test('a file one byte too large is refused before it is read', () => {
  expect(refusalOf(utf8('<aa/>'), { bytes: 4 })).toBe('FILE_TOO_LARGE 1:1');
  expect(refusalOf(utf8('<a/>'), { bytes: 4 })).toBeUndefined();
});

test('256 levels and 256 attributes are read', () => {
  expect(refusalOf(utf8('<a>'.repeat(256) + '</a>'.repeat(256)))).toBeUndefined();
  expect(refusalOf(utf8(`<a ${Array.from({ length: 256 }, (_, i) => `a${i}=""`).join(' ')}/>`))).toBeUndefined();
});

test('what looks like a document type inside a comment, a text or a value is none', () => {
  expect(refusalOf(utf8('<!-- <!DOCTYPE a> --><a b="&lt;!DOCTYPE"><![CDATA[<!DOCTYPE a>]]></a>'))).toBeUndefined();
});

test('a text of 20 MB, which an attachment is, is read', () => {
  using read = readXml(utf8(`<a>${'QUJD'.repeat(5_000_000)}</a>`));
  expect(read.document.root.content).toHaveLength(20_000_000);
});

test('accents are the same in either encoding', () => {
  for (const bytes of [latin1(`${ISO}<a>été à Sens</a>`), utf8('<a>été à Sens</a>'), utf8('\uFEFF<a>été à Sens</a>')]) {
    using read = readXml(bytes);
    expect(read.document.root.content).toBe('été à Sens');
  }
});

test('from the State, UTF-8 under a Latin-1 header is read as UTF-8, with a warning', () => {
  using read = readXml(Buffer.concat([latin1(ISO), utf8('<a>é</a>')]), { received: true });
  expect(read.document.root.content).toBe('é');
  expect(read.warnings.map(({ code, severity }) => [code, severity])).toEqual([['ENCODING_MISMATCH', 'warning']]);
  expect(refusalOf(latin1(`${ISO}<a>\x80</a>`), { received: true })).toBe('WINDOWS_1252 2:4');
});

test('a reference to a file or an inclusion is left as it stands', () => {
  using read = readXml(
    utf8('<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="/etc/hostname" parse="text"/></a>'),
  );
  expect(read.document.root.content).toBe('');
});

test('bytes at random are read or refused, and nothing else happens', () => {
  const pieces = fc.constantFrom(
    '<a>',
    '</a>',
    '<!--',
    '-->',
    '<?',
    '?>',
    '<!DOCTYPE',
    ']]>',
    '<![CDATA[',
    '&',
    '&#x0;',
    '"',
    "'",
    '\xe9',
    '\x80',
    '\0',
    ISO,
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 })), { maxLength: 12 }), (parts) => {
      refusalOf(latin1(parts.join('')));
    }),
    { seed: 20260312, numRuns: 2_000 },
  );
});

test('memory is given back, of documents that were read and of those that were refused', () => {
  diag.configure({ enabled: true });
  try {
    for (const bytes of [utf8('<a><b/></a>'), utf8('<a>'.repeat(300) + '</a>'.repeat(300)), utf8('<a>')])
      refusalOf(bytes);
    expect(diag.report()).toEqual({});
    const kept = readXml(utf8('<a/>'));
    expect(diag.report()).toMatchObject({ XmlDocument: { totalInstances: 1 } });
    kept[Symbol.dispose]();
  } finally {
    diag.configure({ enabled: false });
  }
});

test('canonical XML keeps the namespaces in sight, exclusive canonical XML those in use', () => {
  using read = readXml(utf8(`<a xmlns="urn:a" xmlns:b="urn:b"><b:c z='1' y="2"><!-- no --></b:c></a>`));
  const inner = read.document.get('/a:a/b:c', { a: 'urn:a', b: 'urn:b' })!;
  expect(exclusive(inner).toString()).toBe('<b:c xmlns:b="urn:b" y="2" z="1"></b:c>');
  expect(inclusive(inner).toString()).toBe('<b:c xmlns="urn:a" xmlns:b="urn:b" y="2" z="1"></b:c>');
});
