/**
 * Everything that is checked without running the platform: types, lint, contracts, tidy. One line each, to the end,
 * and exit 1 when one failed. `npm run check` is what a change must pass, here and on any machine.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

/** What became of a step: what it said matters when it failed; `skipped` says why it had nothing to do. */
export type Outcome = { ok: boolean; said: string; skipped?: string };

type Step = { name: string; run: (root: string) => Outcome };

const steps: Step[] = [
  { name: 'types', run: (root) => tool(root, ['tsc', '--noEmit', '-p', 'tsconfig.json']) },
  { name: 'lint', run: (root) => tool(root, ['biome', 'check', '--error-on-warnings', '.']) },
  { name: 'proto lint', run: (root) => tool(join(root, 'proto'), ['buf', 'lint']) },
  { name: 'proto breaking', run: (root) => breaking(root) },
  { name: 'tidy', run: (root) => script(root, ['scripts/tidy.ts']) },
  { name: 'generated', run: (root) => script(root, ['scripts/gen.ts', '--check']) },
];

/**
 * Compares proto/ of the working folder with proto/ of main: that of `origin` when there is one, else ours. What a
 * listener of yesterday could not read any more is refused (buf's WIRE_JSON). Skipped where there is nothing to compare.
 */
export function breaking(root: string): Outcome {
  const base = ['origin/main', 'main'].find(
    (ref) => git(root, ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]).ok,
  );
  if (base === undefined) return skip('there is no commit on main yet, so nothing to compare with');
  if (!git(root, ['cat-file', '-e', `${base}:proto/buf.yaml`]).ok) return skip(`${base} has no proto/ to compare with`);
  const folder = mkdtempSync(join(tmpdir(), 'breaking-'));
  try {
    const archive = join(folder, 'main.tar');
    const packed = git(root, ['archive', '--format=tar', '-o', archive, base, 'proto']);
    if (!packed.ok) return packed;
    return tool(join(root, 'proto'), ['buf', 'breaking', '--against', `${archive}#subdir=proto`]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The line that a step ends with: `ok    types            0.4 s`. */
export function lineOf(name: string, outcome: Outcome, seconds: number): string {
  const word = outcome.skipped === undefined ? (outcome.ok ? 'ok' : 'FAILED') : 'skipped';
  const end = outcome.skipped === undefined ? '' : `  ${outcome.skipped}`;
  return `${word.padEnd(8)}${name.padEnd(16)}${seconds.toFixed(1).padStart(5)} s${end}`;
}

function skip(why: string): Outcome {
  return { ok: true, said: '', skipped: why };
}

function tool(cwd: string, [name = '', ...args]: string[]): Outcome {
  return run(cwd, join(bin, name), args);
}

function script(root: string, args: string[]): Outcome {
  return run(root, process.execPath, args);
}

function git(cwd: string, args: string[]): Outcome {
  return run(cwd, 'git', args);
}

const bin = resolve(import.meta.dirname, '..', 'node_modules', '.bin');

function run(cwd: string, command: string, args: string[]): Outcome {
  // The first line of each tool finds node by PATH; it must be the pinned one.
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  return { ok: status === 0, said: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}` };
}

function main(): void {
  const root = resolve(import.meta.dirname, '..');
  const failed = steps.filter(({ name, run: runStep }) => {
    const begun = performance.now();
    const outcome = runStep(root);
    console.log(lineOf(name, outcome, (performance.now() - begun) / 1000));
    if (!outcome.ok) console.log(outcome.said.trimEnd());
    return !outcome.ok;
  });
  const names = failed.map(({ name }) => name).join(', ');
  console.log(failed.length === 0 ? 'check: all is well' : `check: ${failed.length} failed (${names})`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

if (import.meta.main) main();
