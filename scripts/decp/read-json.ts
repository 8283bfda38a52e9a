import { isLoose, type Kind, type Loose, type Reason, reason } from '@jonction/norms/decp';
import { Tokenizer, TokenParser, TokenType } from '@streamparser/json';
import type { Read } from './read.ts';
import { Unreadable } from './unreadable.ts';

/** A contract is four deep at most in its own file, nine counted from the root. */
const DEPTH_MAX = 32;
/** Bytes of one contract, or of one text. Real ones are of some 2 KB. */
export const SIZE_MAX = 1_048_576;

type Token = Parameters<Tokenizer['onToken']>[0];

/** An object or a list that is open: the names seen in it, and the last one, or how many elements it has. */
type Open = { names: Set<string> | undefined; key: string; count: number };

/**
 * Reads contracts as they come, holding one at a time. Two containers are known: that of 2022,
 * `{"marches": {"marche": […], "contrat-concession": […]}}`, and the flat list of v1 and of the Ministry's own files,
 * `{"marches": […]}`.
 */
export async function* readJson(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Read> {
  const reader = new JsonReader();
  for await (const chunk of chunks) {
    reader.write(chunk);
    yield* reader.take();
  }
  reader.end();
  yield* reader.take();
}

class JsonReader {
  #tokenizer = new Tokenizer();
  /** Checks the grammar and builds the contracts. Made once the container is known: the way to a contract depends on it. */
  #parser: TokenParser | undefined;
  #waiting: Token[] = [];
  #open: Open[] = [];
  /** A text that is a name if a colon follows. */
  #text = '';
  #reasons: Reason[] = [];
  #ready: Read[] = [];
  #failure: Unreadable | undefined;
  /** The bytes and the lines before the chunk in hand. */
  #bytes = 0;
  #lines = 1;
  #chunk: Uint8Array = new Uint8Array();
  /** How many objects and lists are open around a contract. */
  #around = 2;
  /** Where the token in hand begins. */
  #token = 0;
  /** Where the contract in hand began: its byte, its line. */
  #sound = 0;
  #line = 1;

  constructor() {
    this.#tokenizer.onToken = (token) => this.#take(token);
    this.#tokenizer.onError = (error) => this.#fail('JSON_SYNTAX', error);
  }

  /** @NOTE In chunks of some KiB: a text without end is noticed between two of them. */
  write(chunk: Uint8Array): void {
    if (this.#failure) return;
    this.#chunk = chunk;
    this.#guard(() => this.#tokenizer.write(chunk));
    this.#bytes += chunk.length;
    this.#lines += linesIn(chunk);
    if (this.#bytes - this.#sound > SIZE_MAX) this.#fail('TOO_LONG');
  }

  end(): void {
    if (!this.#failure) this.#guard(() => this.#tokenizer.end());
    if (!this.#failure && this.#parser === undefined) this.#fail('NO_MARCHES');
    if (!this.#failure && !this.#parser?.isEnded) this.#fail('JSON_SYNTAX');
  }

  /** What is complete; throws when that is all that can be had. */
  *take(): Generator<Read> {
    yield* this.#ready.splice(0);
    if (this.#failure) throw this.#failure;
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fail('JSON_SYNTAX', error as Error);
    }
  }

  /** The first failure counts; what the parsers say after it is about the same place. */
  #fail(code: ConstructorParameters<typeof Unreadable>[0], error?: Error): void {
    const at = Number(/absolute position "(\d+)"/.exec(error?.message ?? '')?.[1] ?? this.#token);
    const line = this.#lineOf(at);
    const detail = code === 'JSON_SYNTAX' ? `byte ${at}` : undefined;
    this.#failure ??= new Unreadable(code, { line, detail });
  }

  #lineOf(offset: number): number {
    return this.#lines + linesIn(this.#chunk.subarray(0, Math.max(0, offset - this.#bytes)));
  }

  #take(token: Token): void {
    if (this.#failure) return;
    this.#token = token.offset;
    this.#follow(token);
    if (this.#parser) {
      this.#parse(token);
      return;
    }
    this.#waiting.push(token);
    if (this.#waiting.length > 10_000) this.#fail('NO_MARCHES');
    const [root, ...more] = this.#open;
    const inMarches = root?.names !== undefined && root.key === 'marches' && more.length === 1;
    if (!inMarches) return;
    const flat = token.token === TokenType.LEFT_BRACKET;
    this.#around = flat ? 2 : 3;
    this.#parser = new TokenParser({ paths: [flat ? '$.marches.*' : '$.marches.*.*'], keepStack: false });
    this.#parser.onValue = ({ value, key, stack }) => this.#found(value, flat ? undefined : stack.at(-1)?.key, key);
    this.#parser.onError = (error) => this.#fail('JSON_SYNTAX', error);
    for (const one of this.#waiting.splice(0)) this.#parse(one);
  }

  #parse(token: Token): void {
    if (this.#parser?.isEnded) {
      this.#fail('JSON_SYNTAX');
      return;
    }
    this.#guard(() => this.#parser?.write(token));
  }

  /** Keeps where we are, how deep, and which names were said in each open object. */
  #follow({ token, value, offset }: Token): void {
    const top = this.#open.at(-1);
    if (this.#open.length <= this.#around) {
      this.#sound = offset;
      if (token === TokenType.LEFT_BRACE) this.#line = this.#lineOf(offset);
    }
    switch (token) {
      case TokenType.LEFT_BRACE:
      case TokenType.LEFT_BRACKET:
        this.#open.push({ names: token === TokenType.LEFT_BRACE ? new Set() : undefined, key: '', count: 0 });
        if (this.#open.length > DEPTH_MAX) this.#fail('TOO_DEEP');
        return;
      case TokenType.RIGHT_BRACE:
      case TokenType.RIGHT_BRACKET:
        this.#open.pop();
        return;
      case TokenType.STRING:
        this.#text = String(value);
        return;
      case TokenType.COMMA:
        if (top && !top.names) top.count++;
        return;
      case TokenType.COLON:
        if (top?.names) this.#named(top, top.names);
        return;
    }
  }

  #named(top: Open, names: Set<string>): void {
    top.key = this.#text;
    if (names.has(top.key)) this.#reasons.push(reason('DUPLICATE_KEY', this.#pointer()));
    names.add(top.key);
  }

  /** Where we are inside the contract. */
  #pointer(): string {
    const steps = this.#open.map(({ names, key, count }) => (names ? key.slice(0, 64) : String(count)));
    const firstList = this.#open.findIndex(({ names }) => !names);
    return `/${steps.slice(firstList + 1).join('/')}`;
  }

  #found(value: unknown, container: unknown, key: unknown): void {
    const reasons = this.#reasons.splice(0);
    if (container !== undefined && typeof key !== 'number') {
      this.#fail('NO_MARCHES');
      return;
    }
    const record: Loose = isLoose(value) ? { ...value } : {};
    delete record.source; // the Ministry takes it out before it judges
    const kind = container === undefined ? kindOf(record) : (container as Kind);
    if (kind !== 'marche' && kind !== 'contrat-concession') return;
    this.#ready.push({ syntax: 'json', kind, record, reasons, line: this.#line });
  }
}

function linesIn(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}

/** In a flat list nothing but the contract says what it is. */
function kindOf(record: Loose): Kind {
  const concession = /concession|délégation/i.test(`${record._type ?? ''} ${record.nature ?? ''}`);
  return concession || 'autoriteConcedante' in record ? 'contrat-concession' : 'marche';
}
