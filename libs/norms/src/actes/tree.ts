import type { Buffer } from 'node:buffer';
import { XmlElement } from 'libxml2-wasm';
import { type ReadOptions, type Reason, Refused, readXml, type Schema } from '../xml/index.ts';
import { ACTES } from './names.ts';

/** An element of a message as a plain value: names without prefix, for the prefixes are free and the norm knows no doubles. */
export interface Tree {
  name: string;
  attributes: Record<string, string>;
  text: string;
  children: Tree[];
}

export interface ReadTree {
  /** Undefined when the document cannot be read, or its root is not of ACTES. */
  root: Tree | undefined;
  /** Where each reason is, without the name of the file. */
  reasons: Reason[];
  /** False when the schema finds a fault. */
  valid: boolean;
  declared: string;
}

/** Reads a document of ACTES and holds it against the schema. It never throws for what the document is. */
export function readTree(bytes: Buffer, schema: Schema, options: ReadOptions = {}): ReadTree {
  try {
    using read = readXml(bytes, options);
    const { root } = read.document;
    const faults = schema.faultsOf(read.document);
    const tree = root.namespaceUri === ACTES ? treeOf(root) : undefined;
    return {
      root: tree,
      reasons: [...read.warnings, ...faults],
      valid: faults.length === 0,
      declared: read.encodings.declared,
    };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { root: undefined, reasons: [...error.reasons], valid: false, declared: '' };
  }
}

function treeOf(element: XmlElement): Tree {
  const children: Tree[] = [];
  for (let node = element.firstChild; node; node = node.next)
    if (node instanceof XmlElement) children.push(treeOf(node));
  const attributes = Object.fromEntries(element.attrs.map((one) => [one.name, one.value]));
  return { name: element.name, attributes, text: children.length > 0 ? '' : element.content, children };
}

/** The first descendant on this way, or undefined. */
export function at(tree: Tree | undefined, ...way: string[]): Tree | undefined {
  return way.reduce<Tree | undefined>((here, name) => here?.children.find((child) => child.name === name), tree);
}

/** All children of this name. */
export function all(tree: Tree | undefined, name: string): Tree[] {
  return tree?.children.filter((child) => child.name === name) ?? [];
}

/** The text of what is on this way, '' when there is nothing. */
export function textAt(tree: Tree | undefined, ...way: string[]): string {
  return at(tree, ...way)?.text.trim() ?? '';
}
