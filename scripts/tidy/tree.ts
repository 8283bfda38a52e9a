import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A rule broken: where, which, why it is a rule, and what the reader can do. `line` counts from 1. */
export type Fault = { path: string; line: number; rule: string; why: string; fix: string };

/** The files of a repository: paths relative to `root`, with `/`, sorted. */
export type Tree = { root: string; files: string[]; text: (path: string) => string; has: (path: string) => boolean };

/** A rule: reads the tree and answers with what is wrong, nothing when all is well. */
export type Check = (tree: Tree) => Fault[];

/** Lists the files under `root`, without those in the folders that .gitignore names. Texts are read once, when asked for. */
export function readTree(root: string): Tree {
  const hidden = new Set(['.git', ...ignoredFolders(root)]);
  const files = filesUnder(root, '', hidden).sort();
  const known = new Set(files.flatMap((path) => [path, ...foldersOf(path)]));
  const texts = new Map<string, string>();
  const text = (path: string) => {
    const kept = texts.get(path) ?? readFileSync(join(root, path), 'utf8');
    texts.set(path, kept);
    return kept;
  };
  return { root, files, text, has: (path) => known.has(path) };
}

/** The folders that hold `path`, nearest last: `a/b/c.ts` gives `a`, `a/b`. */
export function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** The names directly under `folder`, sorted, once each. */
export function namesIn(tree: Tree, folder: string): string[] {
  const inside = tree.files.filter((path) => path.startsWith(`${folder}/`));
  return [...new Set(inside.map((path) => path.slice(folder.length + 1).split('/')[0] ?? ''))].sort();
}

/** The services of the tree: the folders under services/. */
export function servicesOf(tree: Tree): string[] {
  return namesIn(tree, 'services').filter((name) => tree.files.some((path) => path.startsWith(`services/${name}/`)));
}

/** How many lines a text has; a last line without an end counts. */
export function lineCount(text: string): number {
  if (text === '') return 0;
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

function ignoredFolders(root: string): string[] {
  const path = join(root, '.gitignore');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line.endsWith('/')).map((line) => line.replaceAll('/', ''));
}

function filesUnder(root: string, folder: string, hidden: Set<string>): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return hidden.has(entry.name) ? [] : filesUnder(root, path, hidden);
    return entry.isFile() ? [path] : [];
  });
}
