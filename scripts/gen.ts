/**
 * Makes libs/contracts/src from proto/: the TypeScript of each file, one door (index.ts) and the descriptors. Then, from
 * proto/ and what each service hears, the two pages of events: docs/events.md and docs/asyncapi.yaml.
 *
 *   npm run gen             writes what changed
 *   npm run gen -- --check  writes nothing; exit 1 and a list when something is not what proto/ says
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { parse } from 'yaml';

const repository = resolve(import.meta.dirname, '..');

/** Names that every generated file exports for its own use. */
const inner = new Set(['protobufPackage', 'protobufFileName', 'DeepPartial', 'Exact', 'MessageFns']);

/** A name that a generated file exports; `value` is false for what exists for the type checker alone. */
type ExportedName = { name: string; value: boolean };

/** A generated file: its path inside the folder, with `/`, and what it exports. */
type Generated = { path: string; names: ExportedName[] };

/**
 * Generates the contracts of `root`/proto into `folder`, which must be empty or not exist.
 * Throws when buf refuses a proto; buf has then already said why on stderr.
 */
export function generate(root: string, folder: string): void {
  const cwd = join(root, 'proto');
  mkdirSync(folder, { recursive: true });
  buf(cwd, ['generate', '--template', templateInto(join(cwd, 'buf.gen.yaml'), folder)]);
  buf(cwd, ['build', '--exclude-source-info', '-o', join(folder, 'descriptors.binpb')]);
  const files = generatedFiles(folder).filter((path) => path.endsWith('.ts') && !path.startsWith('google/protobuf/'));
  const generated = files.map((path) => ({ path, names: exportedNames(readFileSync(join(folder, path), 'utf8')) }));
  writeFileSync(join(folder, 'index.ts'), doorOf(generated));
}

/** The paths, with `/` and sorted, that a generation owns under `folder`: everything but tests. */
export function generatedFiles(folder: string): string[] {
  return globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .map((path) => path.split(sep).join('/'))
    .sort();
}

/** One line for each generated file that differs between `fresh` and `kept`: what is wrong, then the path in `kept`. */
export function differences(fresh: string, kept: string): string[] {
  const wanted = new Set(generatedFiles(fresh));
  const present = new Set(generatedFiles(kept));
  const paths = [...wanted.union(present)].sort();
  return paths.flatMap((path) => {
    if (!present.has(path)) return [`missing: ${path}`];
    if (!wanted.has(path)) return [`not generated any more: ${path}`];
    return readFileSync(join(fresh, path)).equals(readFileSync(join(kept, path))) ? [] : [`differs: ${path}`];
  });
}

/** Makes the generated files of `kept` those of `fresh`. Files that are already right are not touched. */
export function copyOver(fresh: string, kept: string): void {
  for (const line of differences(fresh, kept)) {
    const path = line.slice(line.indexOf(': ') + 2);
    if (line.startsWith('not generated')) {
      rmSync(join(kept, path));
      continue;
    }
    mkdirSync(dirname(join(kept, path)), { recursive: true });
    copyFileSync(join(fresh, path), join(kept, path));
  }
}

/** What one generated file exports, sorted, without the names it has for its own use. */
export function exportedNames(source: string): ExportedName[] {
  const found = new Map<string, boolean>();
  for (const [, kind, name = ''] of source.matchAll(
    /^export (const|function|class|interface|type|namespace) (\w+)/gm,
  )) {
    if (inner.has(name)) continue;
    found.set(name, found.get(name) || ['const', 'function', 'class'].includes(kind ?? ''));
  }
  return [...found].map(([name, value]) => ({ name, value })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The text of index.ts. A name that two packages declare is given its context in front (`ProcurementErrorReason`), and
 * what belongs to a second version has it at the end (`ConsultationPublishedV2`): nothing is hidden by a later file.
 */
export function doorOf(files: Generated[]): string {
  const declared = Map.groupBy(
    files.flatMap(({ path, names }) => names.map(({ name }) => name + versionOf(path))),
    (name) => name,
  );
  const blocks = files.map(({ path, names }) => {
    const lines = names.map(({ name, value }) => {
      const versioned = name + versionOf(path);
      const outer = (declared.get(versioned)?.length ?? 0) > 1 ? withContext(path, versioned) : versioned;
      return `  ${value ? '' : 'type '}${name}${outer === name ? '' : ` as ${outer}`},`;
    });
    return lines.length === 0 ? '' : `export {\n${lines.join('\n')}\n} from './${path}';\n`;
  });
  const descriptors = `/** All of proto/ as a FileDescriptorSet, for reflection and for reading a subject's type. */
export const descriptorsUrl = new URL('./descriptors.binpb', import.meta.url);\n`;
  return `// Generated by \`npm run gen\` from proto/. Change the proto, not this file.\n\n${blocks.join('')}\n${descriptors}`;
}

function versionOf(path: string): string {
  const version = path.split('/').at(-2) ?? '';
  return /^v([2-9]|\d\d+)$/.test(version) ? version.toUpperCase() : '';
}

function withContext(path: string, name: string): string {
  const pascal = (path.split('/')[1] ?? '').replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
  if (/^[A-Z]/.test(name)) return pascal + name;
  return pascal.charAt(0).toLowerCase() + pascal.slice(1) + name.charAt(0).toUpperCase() + name.slice(1);
}

/** buf.gen.yaml as inline JSON, with every plugin writing into `folder`. */
function templateInto(path: string, folder: string): string {
  const template = parse(readFileSync(path, 'utf8')) as { plugins: { out: string }[] };
  return JSON.stringify({ ...template, plugins: template.plugins.map((plugin) => ({ ...plugin, out: folder })) });
}

function buf(cwd: string, args: string[]): void {
  const bin = join(repository, 'node_modules', '.bin');
  // buf finds the plugin by PATH, and the plugin's first line finds node there too.
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  execFileSync(join(bin, 'buf'), args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
}

/** The paths of the pages that are not what they should be. */
export function stalePages(root: string, pages: ReadonlyMap<string, string>): string[] {
  const kept = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);
  return [...pages].filter(([path, text]) => kept(path) !== text).map(([path]) => path);
}

/** Brings libs/contracts/src up to date, or says on stderr what is not when `check` is set. Returns how many differed. */
function contracts(check: boolean): number {
  const kept = join(repository, 'libs', 'contracts', 'src');
  const fresh = mkdtempSync(join(tmpdir(), 'contracts-'));
  try {
    generate(repository, fresh);
    const wrong = differences(fresh, kept);
    if (check) for (const line of wrong) console.error(`libs/contracts/src: ${line}`);
    else copyOver(fresh, kept);
    return wrong.length;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** The same for the pages of events. */
async function pages(check: boolean): Promise<number> {
  // Only now: the services are read through the contracts, which were just written.
  const { documentsOf, unexampled } = await import('./gen/documents.ts');
  const texts = await documentsOf(repository).catch((error: Error) => {
    throw new Error(
      `the contracts are made, the pages of events are not, for a service cannot be read: ${error.message}\n` +
        'Mend its src/subscriptions.ts, or what it imports, and run `npm run gen` again.',
    );
  });
  const stale = stalePages(repository, texts);
  for (const path of stale) {
    if (check) console.error(`differs: ${path}`);
    else writeFileSync(join(repository, path), texts.get(path) ?? '');
  }
  for (const field of check ? [] : unexampled(repository))
    console.log(`gen: the example of ${field} shows "…"; end its sentence in proto/ with: such as \`what it may be\`.`);
  return stale.length;
}

async function main(): Promise<void> {
  const check = process.argv.includes('--check');
  const changed = contracts(check) + (await pages(check));
  if (!check) console.log(`gen: ${changed} files changed`);
  else if (changed > 0) {
    console.error('What is generated is not what proto/ and the services say. Run `npm run gen` and commit.');
    process.exitCode = 1;
  }
}

if (import.meta.main) {
  await main().catch((error: Error) => {
    console.error(`gen: ${error.message}`);
    process.exitCode = 1;
  });
}
