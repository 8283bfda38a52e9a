import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readNorms, sampleMarche, toJson, toXml } from '@jonction/norms/decp';
import { normsDir } from '@jonction/stack';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Read, readContracts } from './read.ts';
import { Unreadable } from './unreadable.ts';

const decp = join(normsDir(), 'procurement/decp');

const textOf = async (chunks: AsyncIterable<string>) => (await Array.fromAsync(chunks)).join('');
const json = await textOf(toJson([sampleMarche(1), sampleMarche(2)]));
const xml = await textOf(toXml([1, 2].map((number) => ({ kind: 'marche', record: sampleMarche(number) }))));

describe.runIf(existsSync(decp))('reading a file', () => {
  const { schema } = existsSync(decp) ? readNorms(normsDir()) : ({} as never);

  async function* bytesOf(content: string | Uint8Array) {
    yield typeof content === 'string' ? Buffer.from(content) : content;
  }

  /** What was read before it ended, and why it did: `code line`, or nothing. */
  async function outcome(content: string | Uint8Array | AsyncIterable<Uint8Array>) {
    const reads: Read[] = [];
    const chunks = typeof content === 'object' && Symbol.asyncIterator in content ? content : bytesOf(content);
    try {
      for await (const read of readContracts(chunks, schema)) reads.push(read);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      expect([error.message.length, error.fr.length].every((length) => length > 30)).toBe(true);
      return { reads, end: `${error.code} ${error.line ?? ''}`.trim() };
    }
    return { reads, end: '' };
  }

  test('gives each contract with its kind and the line where it begins', async () => {
    const { reads, end } = await outcome(json);
    expect([end, reads.map(({ kind, line, record }) => `${kind} ${line} ${record.id}`)]).toEqual([
      '',
      ['marche 2 2026-1', 'marche 3 2026-2'],
    ]);
    expect((await outcome(xml)).reads.map(({ line, record }) => `${line} ${record.id}`)).toEqual([
      '3 2026-1',
      '4 2026-2',
    ]);
  });

  test('takes the flat list of the Ministry and of v1, and leaves the source out, as the Ministry does', async () => {
    const flat = {
      marches: [{ ...sampleMarche(1), source: 'x' }, { autoriteConcedante: {} }, { _type: 'Contrat de concession' }],
    };
    const { reads } = await outcome(JSON.stringify(flat));
    expect(reads.map(({ kind }) => kind)).toEqual(['marche', 'contrat-concession', 'contrat-concession']);
    expect(reads[0]?.record).toEqual(sampleMarche(1));
  });

  test('skips a mark of byte order, and what stands beside the contracts', async () => {
    expect((await outcome(`\ufeff${json}`)).reads).toHaveLength(2);
    expect((await outcome(`\ufeff${xml}`)).reads).toHaveLength(2);
    expect(
      (await outcome('{"a":[{"b":1}],"marches":{"marche":null,"x":[{}],"contrat-concession":[{}]}}')).reads,
    ).toHaveLength(1);
  });

  test('that is broken in the middle gives what stands before, and the place', async () => {
    const lines = json.split('\n');
    expect(await outcome(json.replace('"dureeMois":12', '"dureeMois":NaN'))).toMatchObject({ end: 'JSON_SYNTAX 2' });
    const second = [lines[0], lines[1], lines[2]?.replace('"dureeMois":12', '"dureeMois":NaN'), lines[3]].join('\n');
    expect(await outcome(second)).toMatchObject({ reads: [{ record: { id: '2026-1' } }], end: 'JSON_SYNTAX 3' });
    expect(await outcome(json.slice(0, -20))).toMatchObject({ reads: [{}], end: 'JSON_SYNTAX 3' });
    expect(await outcome(`${json} x`)).toMatchObject({ reads: [{}, {}], end: 'JSON_SYNTAX 5' });
    expect(await outcome(`${json}]`)).toMatchObject({ reads: [{}, {}], end: 'JSON_SYNTAX 5' });
    expect(await outcome(xml.slice(0, -30))).toMatchObject({ reads: [{}], end: 'XML_SYNTAX 4' });
    expect(await outcome(xml.replace('2026-2<', '2026-2\u0001<'))).toMatchObject({ reads: [{}], end: 'XML_SYNTAX 4' });
  });

  test('that is no list of contracts is refused with what it should be', async () => {
    const wrong: [string, string][] = [
      ['', 'EMPTY'],
      [' \n\t ', 'EMPTY'],
      ['\ufeff', 'EMPTY'],
      ['bonjour', 'NEITHER 1'],
      ['[1, 2]', 'NO_MARCHES 1'],
      ['{"a": 1}', 'NO_MARCHES 1'],
      ['{"marches": null}', 'NO_MARCHES 1'],
      ['{"marches": {"marche": {"id": "1"}}}', 'NO_MARCHES 1'],
      ['<html></html>', 'NO_MARCHES 1'],
      ['<marches><contrat/></marches>', 'NO_MARCHES 1'],
    ];
    for (const [content, end] of wrong) expect((await outcome(content)).end, content).toBe(end);
  });

  test('in another encoding is refused, unless XML says which', async () => {
    const latin = (text: string) => Buffer.from(text.replaceAll('’', "'"), 'latin1');
    expect((await outcome(latin(json))).end).toMatch(/^ENCODING/);
    expect((await outcome(latin(xml))).end).toMatch(/^ENCODING/);
    expect((await outcome(Buffer.from(json, 'utf16le'))).end).toMatch(/^(ENCODING|NEITHER|JSON_SYNTAX)/);
    expect((await outcome(Buffer.from(`\ufeff${json}`, 'utf16le'))).end).toBe('ENCODING 1');
    const { reads } = await outcome(latin(xml.replace('UTF-8', 'ISO-8859-1')));
    expect(reads[0]?.record).toEqual(sampleMarche(1));
  });

  test('with a DOCTYPE or an entity of its own is refused before anything is fetched or multiplied', async () => {
    const entities = Array.from({ length: 30 }, (_, n) => `<!ENTITY e${n + 1} "&e${n};&e${n};">`).join('');
    const bomb = `<!DOCTYPE marches [<!ENTITY e0 "ha">${entities}]><marches>&e30;</marches>`;
    expect((await outcome(bomb)).end).toBe('DOCTYPE 1');
    expect((await outcome(`<!DOCTYPE marches SYSTEM "file:///etc/passwd">${xml}`)).end).toMatch(
      /^(DOCTYPE|XML_SYNTAX)/,
    );
    expect((await outcome(xml.replace('2026-1<', '&secret;<'))).end).toMatch(/^XML_SYNTAX/);
  });

  test('without end or bottom is left after one MiB, or 32 levels', async () => {
    async function* endless(start: string, more: string) {
      yield Buffer.from(start);
      const chunk = Buffer.from(more.repeat(65_536 / more.length));
      for (let turn = 0; turn < 4_096; turn++) yield chunk; // 256 MiB, were it read to its end
    }
    expect((await outcome(endless('{"marches":{"marche":[{"id":"', 'a'))).end).toBe('TOO_LONG 1');
    expect((await outcome(endless('{"marches":{"marche":[{"id":', '1'))).end).toBe('TOO_LONG 1');
    expect((await outcome(endless('{"marches":{"marche":[{"titulaires":[', '{},,'.slice(0, 2)))).end).toMatch(
      /JSON_SYNTAX|TOO_LONG/,
    );
    expect((await outcome(endless('<marches><marche><id>', 'a'))).end).toBe('TOO_LONG 1');
    expect((await outcome(endless('<marches><marche>', '<a/>'))).end).toBe('TOO_LONG 1');
    expect((await outcome(endless('{"marches":{"marche":[', '[['))).end).toBe('TOO_DEEP 1');
    expect((await outcome(endless('<marches><marche>', '<ab>'))).end).toBe('TOO_DEEP 1');
  });

  test('sees a name that stands twice in one object, where others would take the last', async () => {
    const { reads } = await outcome(
      '{"marches":{"marche":[{"id":"1","a":{"b":1,"b":2},"l":[{},{"c":1,"c":1}],"id":"2"},{"id":"3"}]}}',
    );
    expect(reads.map(({ reasons }) => reasons.map(({ code, at }) => `${code} ${at}`))).toEqual([
      ['DUPLICATE_KEY /a/b', 'DUPLICATE_KEY /l/1/c', 'DUPLICATE_KEY /id'],
      [],
    ]);
  });

  test('takes names that mean something to JavaScript as names', async () => {
    const { reads } = await outcome('{"marches":{"marche":[{"__proto__":{"id":"x"},"constructor":1}]}}');
    expect(Object.keys(reads[0]?.record ?? {})).toEqual(['__proto__', 'constructor']);
    const odd = xml.replace('<id>', '<constructor>1</constructor><__proto__>2</__proto__><id>');
    expect((await outcome(odd)).end).toBe('');
  });

  test('in XML takes what the XSD takes, and notes what only the XSD refuses', async () => {
    const told = async (from: string | RegExp, to: string) => {
      const { reads } = await outcome(xml.replace(from, to));
      return { record: reads[0]?.record, reasons: reads[0]?.reasons.map(({ code, at }) => `${code} ${at}`) };
    };
    for (const [written, value] of [
      ['oui', true],
      ['1', true],
      ['true', true],
      ['non', false],
      ['0', false],
    ] as const) {
      expect((await told('<marcheInnovant>false<', `<marcheInnovant>${written}<`)).record?.marcheInnovant).toBe(value);
    }
    expect((await told('<ccag>', '<origineUE></origineUE><ccag>')).record).not.toHaveProperty('origineUE');
    expect(await told('<dureeMois>12<', '<dureeMois>1e1<')).toMatchObject({ record: { dureeMois: '1e1' } });
    expect(await told('2026-01-15', '2026-01-15+02:00')).toMatchObject({
      record: { dateNotification: '2026-01-15+02:00' },
      reasons: [],
    });
    expect((await told('2026-01-15', '2026-99-99')).reasons).toEqual(['XML_DATE /dateNotification']);
    expect((await told('<acheteur>', '<acheteur>City of Paris')).reasons).toEqual([]); // the XSD has it mixed
    expect((await told('<titulaires>', '<titulaires>some firm')).reasons).toEqual(['XML_STRAY /titulaires']);
    expect((await told('<marche>', '<marche lang="fr">')).reasons).toEqual(['XML_STRAY ']);
    expect((await told('<ccag>Travaux</ccag>', '<ccag>Travaux</ccag><ccag>Travaux</ccag>')).reasons).toEqual([
      'XML_REPEATED /ccag',
    ]);
    expect((await told('<acheteur>', '<acheteur><nom>Paris</nom>')).reasons).toEqual([
      'SCHEMA_UNKNOWN_FIELD /acheteur/nom',
    ]);
  });

  test('never ends in anything but contracts or a reason, whatever is cut out, put in or changed', async () => {
    const scrap = fc.constantFrom(
      '"',
      '{',
      ']',
      ',',
      ':',
      '<',
      '</',
      '&',
      ';',
      'null',
      '1e999',
      '\\',
      '\u0000',
      '\ufeff',
      '<!',
      ']]>',
      '[[[[',
    );
    const place = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(json, xml), place, fc.nat(40), scrap, async (file, at, cut, put) => {
        const from = Math.floor(at * file.length);
        const { reads, end } = await outcome(file.slice(0, from) + put + file.slice(from + cut));
        expect(reads.length <= 3 || end !== '').toBe(true);
      }),
      { seed: 30, numRuns: 600 },
    );
  });

  test('of 32 MiB of contracts takes no more memory than one of 4', async () => {
    const line = (await textOf(toJson([sampleMarche(1)]))).split('\n')[1] ?? '';
    async function* file(mebibytes: number) {
      yield Buffer.from(`{"marches":{"marche":[${line}`);
      const chunk = Buffer.from(`,${line}`.repeat(50));
      for (let written = 0; written < mebibytes * 2 ** 20; written += chunk.length) yield chunk;
      yield Buffer.from(']}}');
    }
    const heapAfter = async (mebibytes: number) => {
      let [count, most] = [0, 0];
      for await (const _ of readContracts(file(mebibytes), schema)) {
        if (++count % 2_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed);
      }
      return { count, most: most / 2 ** 20 };
    };
    const [small, large] = [await heapAfter(4), await heapAfter(32)];
    expect(large.count).toBeGreaterThan(7 * small.count);
    expect(large.most - small.most).toBeLessThan(64);
  });
});

test.runIf(existsSync(decp))('the marchés of the official examples are read in both formats', async () => {
  const { schema } = readNorms(normsDir());
  for (const name of ['official_Marche.xml', 'official_marches_avec_modifications.json']) {
    async function* bytes() {
      yield readFileSync(join(decp, name));
    }
    expect(await Array.fromAsync(readContracts(bytes(), schema)), name).toHaveLength(2);
  }
});
