import { posix } from 'node:path';
import { dependenciesIn, manifestsOf } from './names.ts';
import type { Fault, Tree } from './tree.ts';

type Line = { text: string; number: number; code: boolean };

/** Every page has one title, so that a list of pages reads as one. */
export function titles(tree: Tree): Fault[] {
  return pagesOf(tree).flatMap((path) => {
    const found = linesOf(tree, path).filter((line) => !line.code && /^# /.test(line.text));
    if (found.length === 1) return [];
    return [
      {
        path,
        line: found[1]?.number ?? 1,
        rule: 'one-title',
        why: `a page has one title, and this one has ${found.length}`,
        fix: 'begin with "# Title" and use "##" below',
      },
    ];
  });
}

/** Every link and every path in a document leads somewhere. `<name>` and `*` in a path mean "any", and are left alone. */
export function references(tree: Tree): Fault[] {
  return pagesOf(tree).flatMap((path) =>
    linesOf(tree, path)
      .filter((line) => !line.code)
      .flatMap((line) => [...linksIn(line.text), ...spansIn(tree, line.text)].map((target) => ({ target, line })))
      .filter(({ target }) => !leadsSomewhere(tree, path, target))
      .map(({ target, line }) => ({
        path,
        line: line.number,
        rule: 'dead-reference',
        why: `${target} is not in the repository, and the reader who follows it is lost`,
        fix: 'name what is there; write what is any name as <name>',
      })),
  );
}

/** Every `npm run x`, `npm start` and `npm test` in a document can be run. */
export function commands(tree: Tree): Fault[] {
  if (!tree.has('package.json')) return [];
  const manifest = JSON.parse(tree.text('package.json')) as { scripts?: Record<string, string> };
  const known = new Set(Object.keys(manifest.scripts ?? {}));
  return pagesOf(tree).flatMap((path) =>
    linesOf(tree, path).flatMap((line) =>
      [...line.text.matchAll(/npm (?:run (\w[\w:-]*)|(start|test)\b)/g)]
        .map((match) => match[1] ?? match[2] ?? '')
        .filter((name) => !known.has(name))
        .map((name) => ({
          path,
          line: line.number,
          rule: 'dead-command',
          why: `package.json has no script "${name}"`,
          fix: 'name a script that exists',
        })),
    ),
  );
}

/** Every folder at the root is told once in the README, where a stranger looks first. */
export function rootFolders(tree: Tree): Fault[] {
  if (!tree.has('README.md')) return [];
  const folders = [...new Set(tree.files.filter((path) => path.includes('/')).map((path) => path.split('/')[0] ?? ''))];
  const text = tree.text('README.md');
  return folders
    .filter((folder) => !folder.startsWith('.'))
    .map((folder) => ({
      folder,
      times: [...text.matchAll(new RegExp(`(?<![\\w./-])${folder}/(?![\\w.*<-])`, 'g'))].length,
    }))
    .filter(({ times }) => times !== 1)
    .map(({ folder, times }) => ({
      path: 'README.md',
      line: 1,
      rule: 'root-folder',
      why: `${folder}/ is named ${times} times; each folder at the root is told once, so that none is a riddle`,
      fix: times === 0 ? `say in one line what ${folder}/ holds` : 'keep one of them; elsewhere link to a file inside',
    }));
}

const list = 'docs/dependencies.md';

/** Every dependency has one line that says what for and why this one, and every line is a dependency. */
export function dependencyLines(tree: Tree): Fault[] {
  const used = new Map(
    manifestsOf(tree).flatMap((path) =>
      dependenciesIn(tree, path)
        .filter(({ name }) => !name.startsWith('@jonction/'))
        .map(({ name, line }): [string, { path: string; line: number }] => [name, { path, line }]),
    ),
  );
  if (!tree.has(list)) {
    if (used.size === 0) return [];
    return [
      {
        path: list,
        line: 1,
        rule: 'dependency-line',
        why: 'there is no such page',
        fix: 'write a line for each dependency',
      },
    ];
  }
  const told = linesOf(tree, list).flatMap((line) =>
    namesAtStart(line.text).map((name) => ({ name, line: line.number })),
  );
  const untold = [...used].filter(([name]) => told.filter((one) => one.name === name).length !== 1);
  return [
    ...untold.map(([name, place]) => ({
      ...place,
      rule: 'dependency-line',
      why: `${name} has no line in ${list}, or several, and nobody will dare to take it away`,
      fix: 'write one line: what for, why this one, what else was looked at',
    })),
    ...told
      .filter(({ name }) => !used.has(name))
      .map(({ name, line }) => ({
        path: list,
        line,
        rule: 'dependency-line',
        why: `no package.json depends on ${name}`,
        fix: 'take the line away',
      })),
  ];
}

function pagesOf(tree: Tree): string[] {
  return tree.files.filter((path) => path.endsWith('.md'));
}

/** The lines of a page, each knowing whether it lies in a block of code. */
function linesOf(tree: Tree, path: string): Line[] {
  let fence = '';
  return tree
    .text(path)
    .split('\n')
    .map((text, index) => {
      const mark = /^\s*(```+|~~~+)/.exec(text)?.[1] ?? '';
      const code = fence !== '' || mark !== '';
      if (fence === '') fence = mark;
      else if (mark.startsWith(fence)) fence = '';
      return { text, number: index + 1, code };
    });
}

/** Targets of `[text](target)` that lie in the repository. */
function linksIn(text: string): string[] {
  const bare = text.replace(/`[^`]*`/g, '');
  const targets = [...bare.matchAll(/\]\(([^)\s]+)[^)]*\)/g)].map((match) => match[1] ?? '');
  return targets.filter((target) => !/^[a-z][a-z+.-]*:/i.test(target));
}

/** Code spans that look like a path of the repository: `services/…`, `./…`. */
function spansIn(tree: Tree, text: string): string[] {
  const spans = [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
  return spans
    .filter((span) => /^[\w@.-]+(\/[\w@.+-]+)*\/?(:\d+)?$/.test(span) && span.includes('/'))
    .filter((span) => ['.', '..'].includes(span.split('/')[0] ?? '') || tree.has(span.split('/')[0] ?? ''))
    .map((span) => span.replace(/:\d+$/, ''));
}

function leadsSomewhere(tree: Tree, page: string, target: string): boolean {
  const [path = '', anchor] = decodeURIComponent(target).split('#');
  const beside = posix.normalize(posix.join(posix.dirname(page), path)).replace(/\/$/, '');
  const fromRoot = posix.normalize(path).replace(/\/$/, '');
  const found = [path === '' ? page : beside, fromRoot].find((one) => tree.has(one) || one === '.');
  if (found === undefined) return false;
  return anchor === undefined || !found.endsWith('.md') || anchorsOf(tree, found).has(anchor);
}

/** The anchors that a page offers: its headings, in small letters, without punctuation, with dashes. */
function anchorsOf(tree: Tree, path: string): Set<string> {
  const headings = linesOf(tree, path).filter((line) => !line.code && /^#+ /.test(line.text));
  const plain = headings.map((line) => line.text.replace(/^#+ /, '').trim().toLowerCase());
  return new Set(plain.map((text) => text.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-')));
}

/** The names in code spans of the first cell of a row, or at the start of a list item. */
function namesAtStart(text: string): string[] {
  const start = /^\s*(?:\|([^|]*)\||[-*]\s+((?:`[^`]+`[\s,]*)+))/.exec(text);
  const cell = start?.[1] ?? start?.[2] ?? '';
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}
