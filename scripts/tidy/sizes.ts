import { codeFiles } from './borders.ts';
import { type Func, sourceOf } from './source.ts';
import { type Fault, lineCount, namesIn, servicesOf, type Tree } from './tree.ts';

const limits = {
  function: 70,
  parameters: 4,
  code: 300,
  test: 500,
  proto: 400,
  lib: 1_000,
  readme: 40,
  style: 200,
  libs: 8,
};

/** No function is longer than a screen, nor takes more arguments than one can keep apart. */
export function functionSizes(tree: Tree): Fault[] {
  return functionsOf(tree).flatMap(({ path, name, line, lines, parameters, groupsTests }) => {
    const long = lines > limits.function && !groupsTests;
    const many = parameters > limits.parameters;
    return [
      ...(long
        ? [
            {
              path,
              line,
              rule: 'function-size',
              why: `${name} has ${lines} lines, and what does not fit on a screen is not seen whole (${limits.function})`,
              fix: 'take out a part that has a name',
            },
          ]
        : []),
      ...(many
        ? [
            {
              path,
              line,
              rule: 'parameters',
              why: `${name} takes ${parameters} arguments, and calls of more than ${limits.parameters} are read wrong`,
              fix: 'give those that belong together as one object, or split the function',
            },
          ]
        : []),
    ];
  });
}

/** No file is longer than what one keeps in mind: code, tests, protos, the README of a service, STYLE.md. */
export function fileSizes(tree: Tree): Fault[] {
  const limited: [string, number][] = [
    ...codeFiles(tree).map((path): [string, number] => [path, path.endsWith('.test.ts') ? limits.test : limits.code]),
    ...tree.files.filter((path) => path.endsWith('.proto')).map((path): [string, number] => [path, limits.proto]),
    ...servicesOf(tree).map((name): [string, number] => [`services/${name}/README.md`, limits.readme]),
    ['STYLE.md', limits.style],
  ];
  return limited.flatMap(([path, limit]) => {
    const lines = tree.has(path) ? lineCount(tree.text(path)) : 0;
    if (lines <= limit) return [];
    return [
      {
        path,
        line: limit + 1,
        rule: 'file-size',
        why: `it has ${lines} lines, and the long files are those that nobody reads to the end (${limit})`,
        fix: 'split it where a part has a name of its own; a long table of law is data and goes to .json or .sql',
      },
    ];
  });
}

/** Few libs, each small, each with a README that says how to do without it: no framework grows. */
export function libBudget(tree: Tree): Fault[] {
  const libs = namesIn(tree, 'libs');
  const told = { path: 'libs', line: 1, rule: 'lib-budget' };
  const many = {
    ...told,
    why: `there are ${libs.length} libs, and a stranger learns at most ${limits.libs} before reading a service`,
    fix: 'put what has one or two users back into them',
  };
  return [...(libs.length > limits.libs ? [many] : []), ...libs.flatMap((lib) => budgetOf(tree, lib))];
}

/** The ten longest files and functions, longest first. */
export function longest(tree: Tree): {
  files: { path: string; lines: number }[];
  functions: (Func & { path: string })[];
} {
  const files = codeFiles(tree).map((path) => ({ path, lines: lineCount(tree.text(path)) }));
  const functions = functionsOf(tree).filter((fn) => !fn.groupsTests);
  const tenOf = <T extends { lines: number }>(list: T[]) => list.sort((a, b) => b.lines - a.lines).slice(0, 10);
  return { files: tenOf(files), functions: tenOf(functions) };
}

function functionsOf(tree: Tree): (Func & { path: string })[] {
  return codeFiles(tree).flatMap((path) => sourceOf(tree, path).functions.map((fn) => ({ ...fn, path })));
}

/** Lines that are neither empty nor a comment alone: a budget must not tempt anybody to explain less. */
function codeLines(text: string): number {
  return text.split('\n').filter((line) => line.trim() !== '' && !/^\s*(\/\/|\/\*|\*)/.test(line)).length;
}

/** What a budget is for: a lib; of the norms, each norm, for one reads one norm and not all of them. */
function partOf(path: string): string {
  const [libs, lib, , folder] = path.split('/');
  return lib === 'norms' && path.split('/').length > 4 ? `libs/norms/src/${folder}` : `${libs}/${lib}`;
}

function budgetOf(tree: Tree, lib: string): Fault[] {
  const readme = `libs/${lib}/README.md`;
  const sources = codeFiles(tree).filter((path) => path.startsWith(`libs/${lib}/src/`) && !path.endsWith('.test.ts'));
  const faults = [...Map.groupBy(sources, partOf)].flatMap(([path, files]) => {
    const lines = files.reduce((sum, file) => sum + codeLines(tree.text(file)), 0);
    if (lines <= limits.lib) return [];
    return [
      {
        path,
        line: 1,
        rule: 'lib-budget',
        why: `its sources have ${lines} lines of code without tests, and a lib of more than ${limits.lib} is a framework`,
        fix: 'take out what only one service needs, or use a kept library for it',
      },
    ];
  });
  if (!tree.has(readme)) {
    faults.push({
      path: readme,
      line: 1,
      rule: 'lib-readme',
      why: 'a lib that does not say how to do without it cannot be judged',
      fix: 'write what it is for, its functions, and how to do without it in ten lines',
    });
  }
  return faults;
}
