import {
  isDay,
  JSON_NAME,
  type Kind,
  type Loose,
  type Reason,
  reason,
  resolved,
  type Schema,
  XML_NAME,
} from '@jonction/norms/decp';

export interface XmlElement {
  name: string;
  children: XmlElement[];
  text: string;
  /** It has attributes, which the format never has. */
  stray: boolean;
  line: number;
}

/**
 * The record that an element of the XSD 2.0.2 says, in the types of the JSON schema: lists, numbers, booleans (`oui`,
 * `non`, `1`, `0` too). What the XSD refuses and the record no longer shows is among the reasons; a value of the wrong
 * type stays a text, which the schema refuses.
 */
export function recordOf(kind: Kind, element: XmlElement, root: Schema): { record: Loose; reasons: Reason[] } {
  const form: Form = { root, reasons: [] };
  return { record: objectOf(element, root.definitions?.[kind] ?? {}, '', form), reasons: form.reasons };
}

interface Form {
  root: Schema;
  reasons: Reason[];
}

function objectOf(from: XmlElement, part: Schema, at: string, form: Form): Loose {
  // The XSD lets text stand between the elements of the buyer, and nowhere else.
  if (from.stray || (from.text.trim() !== '' && from.name !== 'acheteur')) form.reasons.push(reason('XML_STRAY', at));
  const record: Loose = {};
  for (const [name, children] of Map.groupBy(from.children, nameInJson)) {
    const inner = propertyOf(part, name, form.root);
    const values = children.map((child) => elementOf(child, inner, `${at}/${name}`, form));
    const repeated = inner !== undefined && isRepeated(inner, form.root);
    if (!repeated && values.length > 1) form.reasons.push(reason('XML_REPEATED', `${at}/${name}`));
    // Empty is how the XSD, and only it, says that an origin is not known.
    if (!(name.startsWith('origine') && values[0] === '')) record[name] = repeated ? values : values[0];
  }
  return record;
}

const nameInJson = ({ name }: XmlElement) => (name === XML_NAME ? JSON_NAME : name.slice(0, 64));

function elementOf(from: XmlElement, part: Schema | undefined, at: string, form: Form): unknown {
  if (part === undefined) {
    // At the top of a contract the schema itself says it.
    if (at.lastIndexOf('/') > 0) form.reasons.push(reason('SCHEMA_UNKNOWN_FIELD', at));
    return from.text;
  }
  if (isRepeated(part, form.root)) return leafOf(from, itemsOf(part, form.root), at, form);
  if (part.type === 'array') return listOf(from, itemsOf(part, form.root), at, form);
  return part.properties ? objectOf(from, part, at, form) : leafOf(from, part, at, form);
}

/** `<titulaires><titulaire>…` is `[{ titulaire: … }]`. */
function listOf(from: XmlElement, items: Schema, at: string, form: Form): Loose[] {
  if (from.stray || from.text.trim() !== '') form.reasons.push(reason('XML_STRAY', at));
  const bare = { ...from, text: '', stray: false };
  return from.children.map((child, index) => objectOf({ ...bare, children: [child] }, items, `${at}/${index}`, form));
}

function leafOf(from: XmlElement, part: Schema, at: string, form: Form): unknown {
  if (from.stray || from.children.length > 0) form.reasons.push(reason('XML_STRAY', at));
  const bare = from.text.trim();
  switch (part.type) {
    case 'boolean':
      return Object.hasOwn(BOOLEANS, from.text) ? BOOLEANS[from.text] : from.text;
    case 'integer':
      return /^[+-]?\d+$/.test(bare) ? Number(bare) : from.text;
    case 'number':
      return /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(bare) ? Number(bare) : from.text;
  }
  if (part.pattern !== DATE) return from.text;
  if (!isDay(bare.replace(/(Z|[+-]\d{2}:\d{2})$/, ''))) form.reasons.push(reason('XML_DATE', at));
  return bare;
}

/** A list without an element of its own around it: `<technique>` stands there several times. */
function isRepeated(part: Schema, root: Schema): boolean {
  return part.type === 'array' && !itemsOf(part, root).properties;
}

function itemsOf(part: Schema, root: Schema): Schema {
  return resolved(part.items ?? {}, root);
}

function propertyOf({ properties }: Schema, name: string, root: Schema): Schema | undefined {
  const own = properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
  return own && resolved(own, root);
}

/** What the JSON schema says of every day. */
const DATE = '\\d{4}-\\d{2}-\\d{2}';
const BOOLEANS: Record<string, boolean> = { true: true, false: false, oui: true, non: false, 1: true, 0: false };
