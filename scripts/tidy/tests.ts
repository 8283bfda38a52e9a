import { codeFiles } from './borders.ts';
import {
  argumentsOf,
  calleeOf,
  isFunction,
  isNode,
  type Node,
  nameOf,
  type Source,
  sourceOf,
  within,
} from './source.ts';
import type { Fault, Tree } from './tree.ts';

/** A test waits for a condition, not for time to pass. */
export function sleeps(tree: Tree): Fault[] {
  return inTests(tree, (source) => callsWhere(source, (call) => sleepsLong(source, call)), {
    rule: 'test-sleep',
    why: 'a wait of fixed length is too long on a fast machine and too short on a slow one',
    fix: 'wait for the condition itself, with a bounded poll',
  });
}

/** A test meets the real thing: nothing is replaced at run time. */
export function patches(tree: Tree): Fault[] {
  const patched = /^(vi|vitest|jest)\.(mock|doMock|spyOn|stubGlobal)$/;
  return inTests(tree, (source) => callsWhere(source, (call) => patched.test(calleeOf(call.callee))), {
    rule: 'test-patch',
    why: 'a test against a replaced module proves that the replacement works',
    fix: 'give the dependency as an argument, or start a fake that listens on a port',
  });
}

/** Every test can fail: it expects something, itself or through a function of its file. */
export function expectations(tree: Tree): Fault[] {
  return inTests(tree, (source) => callsWhere(source, (call) => isTestCall(call) && !expects(source, call)), {
    rule: 'test-expect',
    why: 'a test that expects nothing passes whatever the code does',
    fix: 'add what must be true afterwards with expect()',
  });
}

/** No test is left out or run alone by a word forgotten in the file. */
export function skipped(tree: Tree): Fault[] {
  const words = /^(test|it|describe|suite)\b.*\.(skip|only)\b|^(xit|xtest|xdescribe|fit|fdescribe)$/;
  const marked = (source: Source) => {
    const members = source.nodes.filter((node) => node.type === 'MemberExpression' || node.type === 'CallExpression');
    const found = members.filter((node) => words.test(calleeOf(node))).map(source.lineOf);
    return [...new Set(found)];
  };
  return inTests(tree, marked, {
    rule: 'test-skipped',
    why: 'a test left out is green for ever, and one run alone leaves out all the others',
    fix: 'take the word away, or take the test away and say why in the change',
  });
}

function inTests(tree: Tree, lines: (source: Source) => number[], told: Pick<Fault, 'rule' | 'why' | 'fix'>): Fault[] {
  const tests = codeFiles(tree).filter((path) => path.endsWith('.test.ts'));
  return tests.flatMap((path) => lines(sourceOf(tree, path)).map((line) => ({ path, line, ...told })));
}

function callsWhere(source: Source, wanted: (call: Node) => boolean): number[] {
  return source.nodes.filter((node) => node.type === 'CallExpression' && wanted(node)).map(source.lineOf);
}

/** `sleep(…)`, or a timer of 100 ms and more: its first argument in node:timers/promises, its second elsewhere. */
function sleepsLong(source: Source, call: Node): boolean {
  const callee = calleeOf(call.callee);
  if (/(^|\.)sleep$/.test(callee)) return true;
  if (!/(^|\.)setTimeout$/.test(callee) && !isPromisedTimer(source, callee)) return false;
  const [first, second] = argumentsOf(call);
  const delay = isFunction(first) || nameOf(first) !== '' ? second : first;
  return delay?.type === 'Literal' && typeof delay.value === 'number' && delay.value >= 100;
}

/** Whether a name was imported from node:timers/promises, whatever it is called here. */
function isPromisedTimer(source: Source, name: string): boolean {
  return source.nodes.some(
    (node) =>
      node.type === 'ImportDeclaration' &&
      isNode(node.source) &&
      /^(node:)?timers\/promises$/.test(String(node.source.value)) &&
      Array.isArray(node.specifiers) &&
      node.specifiers.some((one) => isNode(one) && nameOf(one.imported) === 'setTimeout' && nameOf(one.local) === name),
  );
}

function isTestCall(call: Node): boolean {
  const named =
    /^(test|it)(\.|$)/.test(calleeOf(call.callee)) && !/\.(before|after|extend)/.test(calleeOf(call.callee));
  return named && argumentsOf(call).some(isFunction);
}

function expects(source: Source, call: Node): boolean {
  const local = new Map(source.nodes.flatMap(namedFunction));
  const seen = new Set<string>();
  const look = (node: Node): boolean => {
    for (const inner of within(node)) {
      const name = nameOf(inner);
      if (inner.type !== 'Identifier' || seen.has(name)) continue;
      if (/^(expect|assert)/.test(name)) return true;
      const fn = local.get(name);
      seen.add(name);
      if (fn !== undefined && look(fn)) return true;
    }
    return false;
  };
  return argumentsOf(call).filter(isFunction).some(look);
}

function namedFunction(node: Node): [string, Node][] {
  if (node.type === 'FunctionDeclaration') return [[nameOf(node.id), node]];
  return node.type === 'VariableDeclarator' && isFunction(node.init) ? [[nameOf(node.id), node.init]] : [];
}
