import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contract, judgeBy, type Loose, readNorms, toJson, toXml } from '@jonction/norms/decp';
import { normsDir } from '@jonction/stack';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import { describe, expect, test } from 'vitest';
import { anyContract } from './any-contract.ts';
import { type Read, readContracts } from './read.ts';

const decp = join(normsDir(), 'procurement/decp');
const files = fc.array(anyContract, { maxLength: 4 });

async function textOf(chunks: AsyncIterable<string>): Promise<string> {
  return (await Array.fromAsync(chunks)).join('');
}

const json = (contracts: Contract[]) => {
  const of = (kind: Contract['kind']) =>
    contracts.filter((one) => one.kind === kind).map(({ record }) => record as never);
  return textOf(toJson(of('marche'), of('contrat-concession')));
};

async function* inChunks(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe.runIf(existsSync(decp))('a file of contracts that are valid by the law', () => {
  const norms = existsSync(decp) ? readNorms(normsDir()) : ({} as never);
  const judge = () => judgeBy(norms, '2026-11-25');
  const read = (text: string, size = 65_536): Promise<Read[]> =>
    Array.fromAsync(readContracts(inChunks(Buffer.from(text), size), norms.schema));
  const contractsOf = (reads: Read[]) => reads.map(({ kind, record }) => ({ kind, record }));

  test('is kept by both layers as JSON and as XML, and says the same in both, to the last cent', async () => {
    const one = judge();
    await fc.assert(
      fc.asyncProperty(files, async (contracts) => {
        const [fromJson, fromXml] = [await read(await json(contracts)), await read(await textOf(toXml(contracts)))];
        for (const found of [...fromJson, ...fromXml])
          expect(one.judge(found)).toMatchObject({ schema: 'ok', ministry: 'kept' });
        expect(contractsOf(fromXml)).toEqual(contracts);
        expect(contractsOf(fromJson)).toEqual(
          contracts.toSorted((a, b) => (a.kind < b.kind ? 1 : a.kind > b.kind ? -1 : 0)),
        );
      }),
      { seed: 20, numRuns: 150 },
    );
  });

  test('is valid as a whole by the official JSON schema and by the official XSD', async () => {
    const { $id: _, ...schema } = norms.schema as { $id?: string };
    const validate = new Ajv({ strict: false }).compile(schema);
    using xsd = XmlDocument.fromBuffer(readFileSync(join(decp, 'schema_decp_v2.0.2.xsd')));
    using validator = XsdValidator.fromDoc(xsd);
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(files, async (contracts) => {
        expect(validate(JSON.parse(await json(contracts))), JSON.stringify(validate.errors)).toBe(true);
        const text = await textOf(toXml(contracts));
        using document = XmlDocument.fromString(text);
        validator.validate(document); // throws, naming the line
        for (const { kind } of contracts) seen.add(kind);
        if (seen.size < 3)
          seen.add(`${text.includes('modificationActesSousTraitance') || text.includes('acteSousTraitance')}`);
      }),
      { seed: 21, numRuns: 150 },
    );
    expect([...seen]).toEqual(expect.arrayContaining(['marche', 'contrat-concession', 'true']));
    using wrong = XmlDocument.fromString('<marches><marche><id>1</id></marche></marches>');
    expect(() => validator.validate(wrong)).toThrow();
  });

  test('is valid by xmllint too, where the machine has it', async () => {
    const contracts = fc.sample(anyContract, { seed: 22, numRuns: 40 });
    const xmllint = spawnSync(
      'xmllint',
      ['--noout', '--nonet', '--schema', join(decp, 'schema_decp_v2.0.2.xsd'), '-'],
      {
        input: await textOf(toXml(contracts)),
        encoding: 'utf8',
      },
    );
    const absent = (xmllint.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
    expect(absent ? 'absent' : xmllint.stderr.trim()).toMatch(/^absent$|^- validates$/);
  });

  test('is read the same in whatever chunks it comes, though they cut a letter in two', async () => {
    const contracts = fc.sample(anyContract, { seed: 23, numRuns: 6 });
    for (const text of [await json(contracts), await textOf(toXml(contracts))]) {
      const whole = contractsOf(await read(text));
      for (const size of [1, 2, 3, 7, 4_096, 16_385])
        expect(contractsOf(await read(text, size)), `${size}`).toEqual(whole);
    }
  });

  test('without any contract is valid as well', async () => {
    expect(await json([])).toBe('{"marches":{"marche":[\n]}}\n');
    expect(await read(await json([]))).toEqual([]);
    expect(await read(await textOf(toXml([])))).toEqual([]);
  });

  test('cannot hold in XML what XML cannot carry, and says so before anything is published', async () => {
    const [contract] = fc.sample(anyContract, { seed: 24, numRuns: 1 });
    const record = { ...contract?.record, objet: 'toit\u0001' } as Loose;
    expect(judge().judge({ kind: contract?.kind ?? 'marche', record, reasons: [] }).reasons).toMatchObject([
      { code: 'TEXT_NOT_XML', at: '/objet' },
    ]);
    await expect(textOf(toXml([{ ...contract, record } as unknown as Contract]))).rejects.toThrow('XML cannot carry');
  });
});
