import { XmlComment, XmlDocument, XmlElement, type XmlNode } from 'libxml2-wasm';
import { clipped, placed } from '../xml/index.ts';

/** The prefixes of our own XPath. What a document calls them does not matter. */
export const NS = {
  aller: 'http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/aller',
  ds: 'http://www.w3.org/2000/09/xmldsig#',
};

/** The elements directly inside another. */
export function childrenOf(element: XmlElement): XmlElement[] {
  const found: XmlElement[] = [];
  for (let node = element.firstChild; node; node = node.next) if (node instanceof XmlElement) found.push(node);
  return found;
}

/** The elements at this path, whose steps name children without a namespace: that is how PES is written. */
export function at(from: XmlElement, ...path: string[]): XmlElement[] {
  return path.reduce<XmlElement[]>(
    (parents, name) =>
      parents.flatMap((parent) => childrenOf(parent).filter((one) => one.name === name && !one.namespaceUri)),
    [from],
  );
}

/** The attribute `V` of the only element at this path; '' when there is none, or more than one. */
export function valueAt(from: XmlElement, ...path: string[]): string {
  const [element, another] = at(from, ...path);
  return element && !another ? (element.attr('V')?.value ?? '').trim() : '';
}

/** The elements that this XPath finds. Prefixes are those of NS. */
export function elementsOf(from: XmlDocument | XmlNode, xpath: string): XmlElement[] {
  return from.find(xpath, NS).filter((node) => node instanceof XmlElement);
}

/** The text of an element that has text only; undefined when an element, a comment or an instruction interrupts it. */
export function textOf(element: XmlElement): string | undefined {
  const interrupted = element.get('*|comment()|processing-instruction()');
  return interrupted ? undefined : element.content.trim();
}

/** Whether a comment or an instruction stands anywhere inside. */
export function isCommented(element: XmlElement): boolean {
  return element.get('.//comment()|.//processing-instruction()') !== null || element instanceof XmlComment;
}

/** The place of an element: its line, and its path from the root. */
export function whereIs(element: XmlElement): string {
  const steps: string[] = [];
  for (let one: XmlElement | null = element; one; one = one.parent) {
    const { name, prefix } = one;
    // Counted by libxml2: of a thousand brothers each has a thousand to be counted.
    const alike = `*[local-name() = "${name}"]`;
    const before = Number(one.eval(`count(preceding-sibling::${alike})`));
    const alone = before === 0 && !one.get(`following-sibling::${alike}`);
    steps.unshift(`${prefix ? `${prefix}:` : ''}${name}${alone ? '' : `[${before + 1}]`}`);
  }
  return `${placed(element.line)} ${clipped(`/${steps.join('/')}`)}`;
}

/**
 * Moves an element, not a copy of it, into a document of its own. The namespaces its ancestors declare stay known to
 * it.
 */
export function alone(element: XmlElement, apart: DisposableStack): XmlDocument {
  const document = apart.adopt(XmlDocument.create(), (one) => one.dispose());
  document.root = element;
  return document;
}
