import { XmlC14NMode, XmlDocument, type XmlNode } from 'libxml2-wasm';

/** Exclusive XML canonicalization 1.0, without comments, of one element and what is in it, or of a whole document. */
export function exclusive(node: XmlNode | XmlDocument): Buffer {
  return canonical(node, XmlC14NMode.XML_C14N_EXCLUSIVE_1_0);
}

/** Canonical XML 1.0, without comments, of one element and what is in it, or of a whole document. */
export function inclusive(node: XmlNode | XmlDocument): Buffer {
  return canonical(node, XmlC14NMode.XML_C14N_1_0);
}

function canonical(node: XmlNode | XmlDocument, mode: (typeof XmlC14NMode)[keyof typeof XmlC14NMode]): Buffer {
  const chunks: Buffer[] = [];
  const write = (chunk: Uint8Array) => {
    chunks.push(Buffer.from(chunk)); // a copy: the chunk is a view into memory that libxml2 uses again
    return chunk.byteLength;
  };
  const handler = { write, close: () => true };
  // @NOTE node.canonicalize() would make an object for each node it asks about; a set of one root costs a third of
  // that.
  if (node instanceof XmlDocument) node.canonicalize(handler, { mode });
  else node.doc.canonicalize(handler, { mode, nodeSet: new Set([node]) });
  return Buffer.concat(chunks);
}
