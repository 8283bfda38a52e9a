import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleMarche } from '@jonction/norms/decp';
import { normsDir, ROOT } from '@jonction/stack';
import { afterAll, describe, expect, test } from 'vitest';

const data = join(normsDir(), 'procurement/decp');
const folder = mkdtempSync(join(tmpdir(), 'jonction-decp-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = join(ROOT, 'scripts/decp.ts');
function decp(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return {
    status,
    stderr,
    lines:
      stdout.trim() === ''
        ? []
        : stdout
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line)),
  };
}
const check = (...args: string[]) => decp('check', ...args, '--today', '2026-11-25');
const verdicts = (lines: { schema: string; ministry: string; reasons: { code: string }[] }[]) =>
  lines.map(({ schema, ministry, reasons }) =>
    [schema, ministry, ...new Set(reasons.map(({ code }) => code))].join(' '),
  );

function fileOf(name: string, ...records: object[]): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ marches: { marche: records } }));
  return path;
}

// Each test starts processes of their own, which load slowly where many tests run at once.
describe.runIf(existsSync(data))('npm run decp', { timeout: 120_000 }, () => {
  // What is expected of each official example, and why.
  const EXAMPLES: Record<string, string[]> = {
    // The same contract twice; its subcontractor's SIRET is no SIRET, but the Ministry looks at holders only.
    'official_Marche.xml': ['ok set-aside DUPLICATE', 'ok kept'],
    // 12345678901234 has no Luhn key; and again the same contract twice.
    'official_Contrat-concession.xml': ['ok set-aside SIRET DUPLICATE', 'ok set-aside SIRET'],
    'official_Contrat-concession-modification.xml': ['ok set-aside SIRET DUPLICATE', 'ok set-aside SIRET'],
    // Two authorities of the same kind, neither with a key.
    'official_concessions.json': ['ok set-aside SIRET', 'ok set-aside SIRET'],
    'official_concessions_avec_modifications.json': ['ok set-aside SIRET', 'ok set-aside SIRET'],
    // The first buyer's SIRET, 21750001630066, has no key; the second one's has.
    'official_marches_avec_modifications.json': ['ok set-aside SIRET', 'ok kept'],
  };

  test('check judges every official example, and says the format of each', () => {
    const { status, stderr, lines } = check(...Object.keys(EXAMPLES).map((name) => join(data, name)));
    expect([status, verdicts(lines)]).toEqual([1, Object.values(EXAMPLES).flat()]);
    for (const name of Object.keys(EXAMPLES)) {
      expect(stderr).toContain(`${name}: ${name.endsWith('xml') ? 'XML' : 'JSON'}, format of 2022 (2.0.x); `);
    }
  });

  test('check finds all derived contracts valid, and repaired where their CPV code has no check digit', () => {
    const { marches } = JSON.parse(readFileSync(join(data, 'decp_v2_derived_open.json'), 'utf8'));
    const bare = marches.marche.filter(({ codeCPV }: { codeCPV: string }) => !codeCPV.includes('-')).length;
    const { lines } = check(join(data, 'decp_v2_derived_open.json'));
    expect(lines).toHaveLength(marches.marche.length);
    expect(lines.every(({ schema, ministry }) => schema === 'ok' && ministry !== 'set-aside')).toBe(true);
    expect(lines.filter(({ ministry }) => ministry === 'repaired')).toHaveLength(bare);
    const xml = check(join(data, 'decp_v2_derived_open_60.xml')).lines;
    expect(xml).toEqual(lines.slice(0, 60));
  });

  test('check says v1 of a file of before 2024, and keeps none of it', () => {
    const { status, stderr, lines } = check(join(data, 'decp_real_v1_open.json'));
    expect([status, new Set(verdicts(lines))]).toEqual([1, new Set(['v1 set-aside FORMAT_V1'])]);
    expect(stderr).toContain('JSON, v1 (1.5.0)');
  });

  test('check ends with 0 when all is kept, 1 when some is not, 2 when a file cannot be read, after all other files', () => {
    const good = fileOf('good.json', sampleMarche(1));
    const bad = fileOf('bad.json', sampleMarche(1, { montant: 0 }));
    const broken = join(folder, 'broken.json');
    writeFileSync(broken, `${readFileSync(good, 'utf8').slice(0, -3)},{"id":`);
    expect(check(good).status).toBe(0);
    expect(check(good, bad)).toMatchObject({ status: 1, lines: [{ ministry: 'kept' }, { schema: 'invalid' }] });
    const all = check(broken, join(folder, 'absent.json'), good);
    expect(all).toMatchObject({ status: 2, lines: [{ id: '2026-1' }, { id: '2026-1' }] });
    expect(all.stderr).toMatch(
      /broken\.json: line 1: the JSON is broken.*\n.*broken\.json : ligne 1 : le JSON est rompu/,
    );
    expect(all.stderr).toMatch(/absent\.json: cannot be opened \(ENOENT\)/);
  });

  test('says how it is used, and what is wrong with how it was', () => {
    expect(spawnSync(process.execPath, [script, '--help'], { encoding: 'utf8' }).stdout).toContain('check FILE');
    for (const args of [['judge'], ['check', 'x', '--today', 'demain'], ['publish', 'x']]) {
      expect(decp(...args), args.join(' ')).toMatchObject({ status: 2, lines: [] });
    }
  });

  test('publish leaves out what the Ministry would, repairs what it would, and its files are kept whole', () => {
    const to = join(folder, 'published');
    const input = fileOf('mixed.json', sampleMarche(1, { codeCPV: '45261910' }), sampleMarche(2, { dureeMois: 999 }));
    const first = decp('publish', '--to', to, '--today', '2026-11-25', input);
    expect(first).toMatchObject({
      status: 1,
      lines: [{ id: '2026-2', published: false, reasons: [{ code: 'DURATION_LONG' }] }],
    });
    const files = readdirSync(to).filter((name) => name.startsWith('decp-'));
    expect(files).toEqual(['decp-21750001600019-2026-02.json', 'decp-21750001600019-2026-02.xml']);
    expect(check(...files.map((name) => join(to, name)))).toMatchObject({ status: 0, lines: [{}, {}] });
    expect(decp('publish', '--to', to, '--today', '2026-11-25', input).stderr).toContain(
      '0 files written, 2 unchanged',
    );
  });

  test('publish that is killed at any moment leaves files that are whole, and its next run completes them', async () => {
    const to = join(folder, 'killed');
    const input = join(data, 'decp_v2_derived_open.json');
    for (const written of [1, 2, 5]) {
      const child = spawn(process.execPath, [script, 'publish', '--to', to, '--name', 'bfc', input], {
        stdio: 'ignore',
      });
      const exit = once(child, 'exit');
      const count = () => (existsSync(to) ? readdirSync(to).filter((name) => name.startsWith('decp-')).length : 0);
      while (count() < written && child.exitCode === null) await new Promise(setImmediate);
      child.kill('SIGKILL');
      await exit;
      const left = readdirSync(to).filter((name) => name.startsWith('decp-'));
      expect(left.length).toBeGreaterThanOrEqual(written);
      expect(check(...left.map((name) => join(to, name))).status).toBe(0);
    }
    const { status } = decp('publish', '--to', to, '--name', 'bfc', input);
    expect([status, readdirSync(to).filter((name) => name.startsWith('.decp-'))]).toEqual([0, []]);
    const { marches } = JSON.parse(readFileSync(input, 'utf8'));
    const names = readdirSync(to).filter((name) => name.endsWith('.json'));
    expect(check(...names.map((name) => join(to, name))).lines).toHaveLength(marches.marche.length);
  });

  test('import takes the real contracts of before 2024 one by one, or says of each why not', () => {
    const input = join(data, 'decp_real_v1_open.json');
    const { marches } = JSON.parse(readFileSync(input, 'utf8')) as {
      marches: { id: string; acheteur: { id: string } }[];
    };
    const { status, lines } = decp('import', input, '--today', '2026-11-25');
    expect([status, lines.length]).toEqual([1, marches.length]);
    // Counted apart: a buyer's number that stands on several contracts can be given to one of them.
    const numbers = Map.groupBy(marches, ({ id, acheteur }) => `${acheteur.id} ${id}`);
    const imported = lines.filter((line) => line.imported);
    expect(new Set(imported.map(({ record }) => `${record.acheteur.id} ${record.id}`))).toEqual(
      new Set(numbers.keys()),
    );
    expect(imported).toHaveLength(numbers.size);
    for (const { imported, reasons, assumed } of lines) {
      if (imported) expect(assumed).toContain('offresRecues');
      else expect(reasons.some(({ code }: { code: string }) => /^(UID_TAKEN|DUPLICATE)$/.test(code))).toBe(true);
    }
    const converted = fileOf('converted.json', ...imported.map(({ record }) => record));
    expect(check(converted).lines.every(({ schema }) => schema === 'ok')).toBe(true);
  });

  test('import refuses what is wrong in a contract, and not its neighbours', () => {
    const { marches } = JSON.parse(readFileSync(join(data, 'decp_real_v1_open.json'), 'utf8'));
    const [one, two, three, four] = marches;
    const spoilt = [
      { ...one, acheteur: { id: '12345678901234', nom: 'x' } },
      {
        ...two,
        procedure: 'Procédure négociée avec mise en concurrence préalable',
        dateNotification: '2018-12-26+01:00',
      },
      { ...three, montant: 0 },
      { ...four, formePrix: 'NC' },
    ];
    const path = join(folder, 'v1.json');
    writeFileSync(path, JSON.stringify({ marches: spoilt }));
    const { lines } = decp('import', path);
    expect(lines.map(({ imported }) => imported)).toEqual([false, true, false, false]);
    expect(lines[1].record).toMatchObject({ procedure: 'Procédure avec négociation', dateNotification: '2018-12-26' });
    expect(
      verdicts(lines.map((line) => ({ schema: '', ministry: '', ...line }))).map((one) => one.trim().split(/\s+/)[0]),
    ).toEqual([
      expect.stringMatching(/CPV_KEY|SIRET/),
      expect.any(String),
      expect.stringMatching(/^SCHEMA_RANGE$/),
      expect.stringMatching(/^SCHEMA_REQUIRED$/),
    ]);
  });
});
