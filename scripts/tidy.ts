/**
 * Holds the repository to the rules that no linter knows: what stands where, what may import what, sizes, names, and
 * documents that tell the truth.
 *
 *   npm run tidy               `tidy: N files, 0 faults`, or the list and exit 1
 *   npm run tidy -- --json     the faults as JSON
 *   npm run tidy -- --longest  the ten longest files and functions
 */
import { resolve } from 'node:path';
import {
  borders,
  domainClock,
  domainImports,
  environment,
  rawPublish,
  subjectStrings,
  syntax,
} from './tidy/borders.ts';
import { commands, dependencyLines, references, rootFolders, titles } from './tidy/documents.ts';
import { manifests, rights } from './tidy/elsewhere.ts';
import { asciiPaths, defaultExports, exactVersions, indexFiles, vagueNames } from './tidy/names.ts';
import { eventFields } from './tidy/protos.ts';
import { handlerNames, rpcFiles, serviceLayout, serviceReadme } from './tidy/services.ts';
import { fileSizes, functionSizes, libBudget, longest } from './tidy/sizes.ts';
import { expectations, patches, skipped, sleeps } from './tidy/tests.ts';
import { type Check, type Fault, readTree, type Tree } from './tidy/tree.ts';

/** All the rules. Each is a function from the tree to its faults, tested alone in tidy.test.ts. */
export const checks: Check[] = [
  ...[syntax, serviceLayout, serviceReadme, rpcFiles, handlerNames, eventFields, manifests, rights],
  ...[domainImports, domainClock, environment, subjectStrings, rawPublish, borders],
  ...[sleeps, patches, expectations, skipped],
  ...[functionSizes, fileSizes, libBudget],
  ...[vagueNames, asciiPaths, defaultExports, indexFiles, exactVersions],
  ...[titles, references, commands, rootFolders, dependencyLines],
];

/** All the faults of the repository at `root`, by path and line. */
export function faultsOf(tree: Tree): Fault[] {
  const faults = checks.flatMap((check) => check(tree));
  return faults.sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1));
}

/** A fault as one line: the place, the rule, why, what to do. */
export function lineFor({ path, line, rule, why, fix }: Fault): string {
  return `${path}:${line} ${rule}: ${why}. To do: ${fix}.`;
}

function printLongest(tree: Tree): void {
  const { files, functions } = longest(tree);
  console.log('The ten longest files:');
  for (const { path, lines } of files) console.log(`${String(lines).padStart(5)}  ${path}`);
  console.log('The ten longest functions:');
  for (const { path, line, lines, name } of functions)
    console.log(`${String(lines).padStart(5)}  ${path}:${line} ${name}`);
}

function main(args: string[]): void {
  const tree = readTree(resolve(import.meta.dirname, '..'));
  if (args.includes('--longest')) {
    printLongest(tree);
    return;
  }
  const faults = faultsOf(tree);
  process.exitCode = faults.length > 0 ? 1 : 0;
  if (args.includes('--json')) {
    console.log(JSON.stringify(faults, null, 2));
    return;
  }
  for (const fault of faults) console.error(lineFor(fault));
  console.log(`tidy: ${tree.files.length} files, ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`);
}

if (import.meta.main) main(process.argv.slice(2));
