import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Contract, Marche } from './contract.ts';
import { publishFiles } from './publish.ts';
import { sampleConcession, sampleMarche } from './sample.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jonction-decp-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const marche = (number: number, other: Partial<Marche> = {}): Contract => ({
  kind: 'marche',
  record: sampleMarche(number, other),
});
const concession = (number: number): Contract => ({ kind: 'contrat-concession', record: sampleConcession(number) });
const modified = (day: string) => ({
  modifications: [
    { modification: { id: 1, dateNotificationModification: day, datePublicationDonneesModification: day } },
  ],
});

async function* streamOf(contracts: Contract[]) {
  yield* contracts;
}
const publish = (...contracts: Contract[]) => publishFiles(streamOf(contracts), { folder, nameOf: () => 'bfc' });
const files = () => readdirSync(folder).sort();
const marchesIn = (month: string): Marche[] =>
  JSON.parse(readFileSync(join(folder, `decp-bfc-${month}.json`), 'utf8')).marches.marche;

describe('monthly files', () => {
  test('hold each contract in the month of its first publication, as JSON and as XML', async () => {
    const { written } = await publish(marche(1), marche(2, { datePublicationDonnees: '2026-03-31' }), concession(3));
    expect(files()).toEqual([
      'decp-bfc-2026-02.json',
      'decp-bfc-2026-02.xml',
      'decp-bfc-2026-03.json',
      'decp-bfc-2026-03.xml',
    ]);
    expect(written.sort()).toEqual(files());
    const whole = JSON.parse(readFileSync(join(folder, 'decp-bfc-2026-02.json'), 'utf8'));
    expect(whole).toEqual({ marches: { marche: [sampleMarche(1)], 'contrat-concession': [sampleConcession(3)] } });
  });

  test('are not touched when nothing in them changes, whatever the order in which contracts come', async () => {
    const elsewhere = { datePublicationDonnees: '2026-03-01' };
    await publish(marche(1), marche(2), marche(3, elsewhere));
    const before = files().map((name) => statSync(join(folder, name)).ino);
    const again = await publish(marche(3, elsewhere), marche(2), marche(1));
    expect([again.written, again.unchanged.length]).toEqual([[], 4]);
    expect(files().map((name) => statSync(join(folder, name)).ino)).toEqual(before);
    const { written } = await publish(marche(4));
    expect(written).toEqual(['decp-bfc-2026-02.json', 'decp-bfc-2026-02.xml']);
  });

  test('take a modification in the month of the contract, and keep the others', async () => {
    await publish(marche(1), marche(2));
    const { written, refused } = await publish(marche(1, modified('2026-06-01')));
    expect([written, refused]).toEqual([['decp-bfc-2026-02.json', 'decp-bfc-2026-02.xml'], []]);
    expect(marchesIn('2026-02').map(({ id, modifications }) => [id, modifications?.length])).toEqual([
      ['2026-1', 1],
      ['2026-2', undefined],
    ]);
  });

  test('never lose a modification to an older version that comes late', async () => {
    await publish(marche(1, modified('2026-06-01')));
    expect(await publish(marche(1))).toMatchObject({ written: [], refused: [] });
    expect(marchesIn('2026-02')[0]?.modifications).toHaveLength(1);
  });

  test('refuse to change what is published, be it the contract or an act that was added to it', async () => {
    await publish(marche(1, modified('2026-06-01')));
    const text = readFileSync(join(folder, 'decp-bfc-2026-02.json'), 'utf8');
    const { refused } = await publish(marche(1, { ...modified('2026-07-01'), montant: 2 }));
    expect(refused.map(({ reasons }) => reasons.map(({ code, at }) => `${code} ${at}`))).toEqual([
      ['PUBLISHED_ONCE /montant', 'PUBLISHED_ONCE /modifications'],
    ]);
    expect(readFileSync(join(folder, 'decp-bfc-2026-02.json'), 'utf8')).toBe(text);
  });

  test('know a contract by its buyer and its number: two buyers may give the same one', async () => {
    await publish(marche(1), marche(1, { acheteur: { id: '73282932000074' } }));
    expect(marchesIn('2026-02')).toHaveLength(2);
  });

  test('are old or new and always whole, and what a killed run left is taken away by the next', async () => {
    await publish(marche(1));
    writeFileSync(join(folder, '.decp-decp-bfc-2026-02.json'), '{"marches":{"marche":[\n{"id":');
    const seen = new Set<number>();
    let reading = true;
    const reader = (async () => {
      while (reading) {
        seen.add(marchesIn('2026-02').length); // throws if it is ever half a file
        await new Promise(setImmediate);
      }
    })();
    for (let number = 2; number < 30; number++) await publish(marche(number));
    reading = false;
    await reader;
    expect(seen.size).toBeGreaterThan(1);
    expect(files()).toEqual(['decp-bfc-2026-02.json', 'decp-bfc-2026-02.xml']);
  });

  test('stay as they are when the stream of contracts breaks off', async () => {
    await publish(marche(1));
    async function* broken() {
      yield marche(2);
      throw new Error('the source is gone');
    }
    await expect(publishFiles(broken(), { folder, nameOf: () => 'bfc' })).rejects.toThrow('the source is gone');
    expect([marchesIn('2026-02').length, files().length]).toEqual([1, 2]);
  });

  test('are named by nothing that leads out of their folder', async () => {
    await expect(publishFiles(streamOf([marche(1)]), { folder, nameOf: () => '../../etc' })).rejects.toThrow(
      'name of a file',
    );
    await expect(publish(marche(1, { datePublicationDonnees: '../..-x' }))).rejects.toThrow('name of a file');
  });
});
