import { TextDecoder } from 'node:util';
import type { Kind, Schema } from '@jonction/norms/decp';
import { SaxesParser } from 'saxes';
import { recordOf, type XmlElement } from './from-xml.ts';
import type { Read } from './read.ts';
import { SIZE_MAX } from './read-json.ts';
import { Unreadable, type UnreadableCode } from './unreadable.ts';

const DEPTH_MAX = 32;

/** Reads contracts as they come, holding one at a time: `<marches>`, then `<marche>` and `<contrat-concession>` in any order. */
export async function* readXml(chunks: AsyncIterable<Uint8Array>, schema: Schema): AsyncGenerator<Read> {
  const reader = new XmlReader(schema);
  let decoder: TextDecoder | undefined;
  for await (const chunk of chunks) {
    let text: string;
    try {
      decoder ??= new TextDecoder(encodingOf(chunk), { fatal: true });
      text = decoder.decode(chunk, { stream: true });
    } catch {
      throw new Unreadable('ENCODING', { line: reader.line });
    }
    reader.write(text);
    yield* reader.take();
  }
  reader.end();
  yield* reader.take();
}

function encodingOf(head: Uint8Array): string {
  const start = Buffer.from(head.subarray(0, 200)).toString('latin1');
  return /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.-]+)["']/.exec(start)?.[1] ?? 'utf-8';
}

class XmlReader {
  #parser = new SaxesParser();
  #schema: Schema;
  #open: XmlElement[] = [];
  #ready: Read[] = [];
  #failure: Unreadable | undefined;
  #written = 0;
  #sound = 0;

  constructor(schema: Schema) {
    this.#schema = schema;
    this.#parser.on('error', (error) =>
      this.#fail('XML_SYNTAX', error.message.replace(/^[\d:]+\s*/, '').replace(/\.$/, '')),
    );
    this.#parser.on('doctype', () => this.#fail('DOCTYPE'));
    this.#parser.on('opentag', ({ name, attributes }) => this.#opened(name, Object.keys(attributes)));
    this.#parser.on('text', (text) => this.#said(text));
    this.#parser.on('cdata', (text) => this.#said(text));
    this.#parser.on('closetag', () => this.#closed());
  }

  get line(): number {
    return this.#parser.line;
  }

  write(text: string): void {
    if (this.#failure) return;
    this.#parser.write(text);
    this.#written += text.length;
    if (this.#written - this.#sound > SIZE_MAX) this.#fail('TOO_LONG');
  }

  end(): void {
    if (!this.#failure) this.#parser.close();
  }

  *take(): Generator<Read> {
    yield* this.#ready.splice(0);
    if (this.#failure) throw this.#failure;
  }

  #fail(code: UnreadableCode, detail?: string): void {
    this.#failure ??= new Unreadable(code, { line: this.line, detail });
  }

  #opened(name: string, attributes: string[]): void {
    if (this.#failure) return;
    const depth = this.#open.length;
    if (depth === 0 ? name !== 'marches' : depth === 1 && name !== 'marche' && name !== 'contrat-concession') {
      this.#fail('NO_MARCHES');
      return;
    }
    if (depth >= DEPTH_MAX) {
      this.#fail('TOO_DEEP');
      return;
    }
    if (depth === 1) this.#sound = this.#parser.position;
    const stray = attributes.some((attribute) => !/^xmlns(:|$)|^xsi:/.test(attribute));
    const element: XmlElement = { name, children: [], text: '', stray, line: this.line };
    // The root keeps no children: only one contract is held at a time.
    if (depth > 1) this.#open.at(-1)?.children.push(element);
    this.#open.push(element);
  }

  #said(text: string): void {
    const top = this.#open.at(-1);
    if (top && this.#open.length > 1) top.text += text;
  }

  #closed(): void {
    if (this.#failure) return;
    const element = this.#open.pop();
    if (!element || this.#open.length !== 1) return;
    this.#sound = this.#parser.position;
    const kind = element.name as Kind;
    const { record, reasons } = recordOf(kind, element, this.#schema);
    this.#ready.push({ syntax: 'xml', kind, record, reasons, line: element.line });
  }
}
