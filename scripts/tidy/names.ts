import { codeFiles } from './borders.ts';
import { sourceOf } from './source.ts';
import type { Fault, Tree } from './tree.ts';

const vague = /^(utils?|helpers?|common|base|managers?|core)$|-(utils?|helpers?|managers?)$/;

/** A name says what is inside. deploy/ is left out: base and overlays are the words of kustomize. */
export function vagueNames(tree: Tree): Fault[] {
  return tree.files
    .filter((path) => !path.startsWith('deploy/'))
    .filter((path) => path.split('/').some((part) => vague.test(part.replace(/\..*$/, ''))))
    .map((path) => ({
      path,
      line: 1,
      rule: 'vague-name',
      why: 'a name that fits anything attracts anything, and tells nobody what is inside',
      fix: 'name it after what it gives, such as relay.ts or page-token.ts',
    }));
}

/** Paths are plain ASCII: they are typed, quoted in shells and compared on file systems that disagree about accents. */
export function asciiPaths(tree: Tree): Fault[] {
  return tree.files
    .filter((path) => !/^[\x21-\x7e]+$/.test(path))
    .map((path) => ({
      path,
      line: 1,
      rule: 'ascii-path',
      why: 'a path with accents or spaces is not the same on every file system',
      fix: 'write the name without them; docs/glossary.md keeps the accents',
    }));
}

/** What is imported has one name everywhere; vitest.config.ts is the one file whose reader asks for a default. */
export function defaultExports(tree: Tree): Fault[] {
  return codeFiles(tree)
    .filter((path) => path !== 'vitest.config.ts')
    .map((path) => sourceOf(tree, path))
    .flatMap((source) =>
      source.nodes
        .filter((node) => node.type === 'ExportDefaultDeclaration')
        .map((node) => ({
          path: source.path,
          line: source.lineOf(node),
          rule: 'default-export',
          why: 'a default export is given another name by each reader, and a search finds none of them',
          fix: 'export it by its name',
        })),
    );
}

/** A file is named after what it holds; only the door of a lib is an index, and that of each norm of libs/norms. */
export function indexFiles(tree: Tree): Fault[] {
  return tree.files
    .filter(
      (path) =>
        /(^|\/)index\.(ts|mjs|js)$/.test(path) && !/^libs\/([^/]+\/src|norms\/src\/[^/]+)\/index\.ts$/.test(path),
    )
    .map((path) => ({
      path,
      line: 1,
      rule: 'index-file',
      why: 'ten open files called index.ts tell nobody where one is',
      fix: 'name the file after what it exports and import that file',
    }));
}

/** Every version is exact: what was tested is what runs. */
export function exactVersions(tree: Tree): Fault[] {
  return manifestsOf(tree).flatMap((path) =>
    dependenciesIn(tree, path)
      .filter(({ version }) => !/^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      .map(({ name, version, line }) => ({
        path,
        line,
        rule: 'exact-version',
        why: `"${version}" lets ${name} change without a change here`,
        fix: 'write the version that package-lock.json has, three numbers and nothing else',
      })),
  );
}

/** The package.json files of the tree. */
export function manifestsOf(tree: Tree): string[] {
  return tree.files.filter((path) => /(^|\/)package\.json$/.test(path));
}

/** What a package.json depends on, in all its lists, with the line of each. */
export function dependenciesIn(tree: Tree, path: string): { name: string; version: string; line: number }[] {
  const manifest = JSON.parse(tree.text(path)) as Record<string, Record<string, string> | undefined>;
  const lists = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
  const lines = tree.text(path).split('\n');
  return lists.flatMap((list) =>
    Object.entries(manifest[list] ?? {}).map(([name, version]) => {
      const index = lines.findIndex((line) => line.includes(`"${name}":`));
      return { name, version, line: index + 1 };
    }),
  );
}
