import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openReader } from '@jonction/norms/actes';
import { drawFrom, goodArchives, mutate } from './mutations.ts';
import { actesDirs } from './norms.ts';
import { systemJudge } from './system-judge.ts';

/**
 * What the checker says beyond what the tools of the system can tell: a refusal for one of these alone is no disagreement.
 * GNU tar is silent about a second archive behind the end of the first.
 */
const BEYOND = new Set([
  'ARCHIVE_TRAILING',
  'SIREN_KEY',
  'DEPARTEMENT_UNKNOWN',
  'DOCUMENT_POLYGLOT',
  'DOCUMENT_FORBIDDEN',
  'DOCUMENT_LOCKED',
  'NATURE_UNKNOWN',
]);

export interface Campaign {
  count: number;
  bothRefuse: number;
  bothAccept: number;
  /** Refused by the checker alone, for rules that tar and xmllint cannot know. */
  beyond: number;
  /** Where the two differ otherwise, and how: there should be none. */
  disagreements: string[];
  /** Readers that died or ran into a limit: there should be none. */
  deaths: string[];
  kinds: Record<string, number>;
}

/** Mutates the synthetic archives `count` times, and compares the checker's verdict with that of tar and xmllint. */
export async function campaign(norms: string, { count, seed }: { count: number; seed: number }): Promise<Campaign> {
  const { schemas, synthetic } = actesDirs(norms);
  const today = '2026-03-12';
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  const told: Campaign = { count, bothRefuse: 0, bothAccept: 0, beyond: 0, disagreements: [], deaths: [], kinds: {} };
  try {
    await using reader = await openReader({ schemas, today }, [folder]);
    const good = goodArchives(join(synthetic, 'actes'));
    const draw = drawFrom(seed);
    for (let i = 0; i < count; i++) {
      const origin = good[draw(good.length)];
      if (!origin) throw new Error(`no archive in ${synthetic}`);
      const { kind, name, bytes } = mutate(origin, draw);
      const path = join(folder, 'mutant.tar.gz');
      writeFileSync(path, bytes);
      const { reasons } = await reader.check({ path, name });
      const codes = reasons.filter(({ severity }) => severity === 'refusal').map(({ code }) => code);
      told.kinds[kind] = (told.kinds[kind] ?? 0) + 1;
      compare(told, codes, {
        objections: systemJudge(path, name, { schemas, today }),
        title: `#${i} ${kind} of ${name}`,
      });
    }
    return told;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compare(
  told: Campaign,
  codes: string[],
  { objections, title }: { objections: string[]; title: string },
): void {
  const line = `${title}: ${codes.join(' ') || 'accepted'} / ${objections.join(' ') || 'accepted'}`;
  if (codes.some((code) => /^(LIMIT|READER)_/.test(code))) told.deaths.push(line);
  if (codes.length > 0 && objections.length > 0) told.bothRefuse++;
  else if (codes.length === 0 && objections.length === 0) told.bothAccept++;
  else if (codes.length > 0 && codes.every((code) => BEYOND.has(code))) told.beyond++;
  else told.disagreements.push(line);
}
