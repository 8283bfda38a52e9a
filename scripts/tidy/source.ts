import { type ParserOptions, parseSync } from 'rolldown/utils';
import type { Tree } from './tree.ts';

/** A node of the syntax tree (ESTree with TypeScript's additions). */
export type Node = { type: string; start: number; end: number; [field: string]: unknown };

/** An import or a re-export: what is asked for, and the names taken from it (none for `*` and for `import()`). */
export type Import = { specifier: string; names: string[]; line: number };

/** A function as a reader meets it; `lines` from its first to its last, `parameters` without a declared `this`. */
export type Func = { name: string; line: number; lines: number; parameters: number; groupsTests: boolean };

/** A parsed file. `errors` is empty when it could be read. */
export type Source = {
  path: string;
  nodes: Node[];
  imports: Import[];
  functions: Func[];
  errors: string[];
  lineOf: (node: Node) => number;
};

const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);
const sources = new WeakMap<Tree, Map<string, Source>>();

/** Parses a .ts, .mjs or .js file of the tree, once. */
export function sourceOf(tree: Tree, path: string): Source {
  const kept = sources.get(tree) ?? new Map<string, Source>();
  sources.set(tree, kept);
  const source = kept.get(path) ?? parseSource(path, tree.text(path));
  kept.set(path, source);
  return source;
}

/** A node and all that lies within it, in the order of the text. */
export function* within(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) yield* within(child);
    }
  }
}

/** Whether a value found in a node is itself a node. */
export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string' && 'start' in value;
}

/** Whether a node is a function, whatever its form. */
export function isFunction(value: unknown): value is Node {
  return isNode(value) && functionTypes.has(value.type);
}

/** The name a node stands for: an identifier's own, or the text of a string key; '' when it has none. */
export function nameOf(value: unknown): string {
  if (!isNode(value)) return '';
  if (value.type === 'Identifier' || value.type === 'PrivateIdentifier') return String(value.name);
  return value.type === 'Literal' && typeof value.value === 'string' ? value.value : '';
}

/** What a call calls, as dotted words: `vi.mock`, `test.each`, `sleep`; a call in the middle is looked through. */
export function calleeOf(value: unknown): string {
  if (!isNode(value)) return '';
  if (value.type === 'MemberExpression') return `${calleeOf(value.object)}.${nameOf(value.property)}`;
  if (value.type === 'CallExpression') return calleeOf(value.callee);
  if (value.type === 'TaggedTemplateExpression') return calleeOf(value.tag);
  if (value.type === 'MetaProperty') return `${nameOf(value.meta)}.${nameOf(value.property)}`;
  return value.type === 'ThisExpression' ? 'this' : nameOf(value);
}

/** The arguments of a call. */
export function argumentsOf(call: Node): Node[] {
  return Array.isArray(call.arguments) ? call.arguments.filter(isNode) : [];
}

/** The text a node says: a string, or the beginning of a template; undefined for anything else. */
export function stringOf(node: Node): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type !== 'TemplateLiteral' || !Array.isArray(node.quasis)) return undefined;
  const first = node.quasis[0] as { value: { cooked: string } } | undefined;
  return first?.value.cooked;
}

function parseSource(path: string, text: string): Source {
  const options: ParserOptions = { sourceType: 'module', lang: path.endsWith('.ts') ? 'ts' : 'js' };
  const { program, errors } = parseSync(path, text, options);
  const nodes = [...within(program as unknown as Node)];
  const starts = [...text.matchAll(/\n/g)].map((match) => match.index + 1);
  const lineAt = (offset: number) => 1 + upTo(starts, offset);
  const lineOf = (node: Node) => lineAt(node.start);
  return {
    path,
    nodes,
    lineOf,
    imports: nodes.flatMap((node) => importOf(node, lineOf(node))),
    functions: nodes.flatMap((node) => functionsIn(node, lineAt)),
    errors: errors.map((error) => error.message),
  };
}

/** How many of the ascending numbers are at most `limit`. */
function upTo(ascending: number[], limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

const importTypes = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

function importOf(node: Node, line: number): Import[] {
  const from = node.source;
  if (!importTypes.has(node.type) || !isNode(from)) return [];
  const specifiers = Array.isArray(node.specifiers) ? node.specifiers.filter(isNode) : [];
  const names = specifiers
    .map((specifier) => nameOf(specifier.imported ?? specifier.local))
    .filter((name) => name !== '');
  return [{ specifier: stringOf(from) ?? '', names, line }];
}

/** The functions that are children of this node, named after it. */
function functionsIn(node: Node, lineAt: (offset: number) => number): Func[] {
  const described = node.type === 'CallExpression' && /^describe\b/.test(calleeOf(node.callee));
  const measure = (fn: Node, name: string): Func => ({
    name,
    line: lineAt(fn.start),
    lines: lineAt(fn.end) - lineAt(fn.start) + 1,
    parameters: parametersOf(fn).length,
    groupsTests: described,
  });
  const inside = Object.values(node).flat().filter(isFunction);
  return inside.map((fn) => measure(fn, nameOf(fn.id) || nameFrom(node)));
}

function parametersOf(fn: Node): Node[] {
  const params = Array.isArray(fn.params) ? fn.params.filter(isNode) : [];
  return params.filter((param) => nameOf(param) !== 'this');
}

function nameFrom(owner: Node): string {
  if (owner.type !== 'CallExpression') return nameOf(owner.key) || nameOf(owner.id) || 'a function without a name';
  const title = argumentsOf(owner).map(stringOf).find(Boolean);
  return `${calleeOf(owner.callee)}(${title === undefined ? '' : `'${title.slice(0, 40)}'`})`;
}
