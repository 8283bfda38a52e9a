/**
 * Runs the tests and ends with one line to read: `N passed, N failed`, and `, N skipped` when some were.
 *
 *   npm test                        all of them
 *   npm test -- libs/events         those whose path contains these letters
 *   npm test -- --project unit      those that need no server
 *   TEST_STACK=containers npm test  PostgreSQL and NATS from containers instead of local binaries
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The part of vitest's JSON report that is read here. */
export type Report = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
};

/**
 * The last line of a run. A file that could not be loaded counts as one failure, and so does a run that ended badly
 * without a failed test (a server that did not start, an error outside any test): a red run never reads as green.
 */
export function summary(report: Report | undefined, exitCode: number): string {
  const unloaded = report?.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const counted = (report?.numFailedTests ?? 0) + (unloaded?.length ?? 0);
  const failed = counted === 0 && exitCode !== 0 ? 1 : counted;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  return `${report?.numPassedTests ?? 0} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function main(): void {
  const root = resolve(import.meta.dirname, '..');
  const folder = mkdtempSync(join(tmpdir(), 'tests-'));
  const file = join(folder, 'report.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  try {
    const run = spawnSync(process.execPath, [vitest, 'run', ...reporters, ...process.argv.slice(2)], {
      cwd: root,
      stdio: 'inherit',
    });
    const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined;
    process.exitCode = run.status ?? 1;
    console.log(summary(report, process.exitCode));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) main();
