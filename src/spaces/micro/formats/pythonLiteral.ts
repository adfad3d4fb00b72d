import { describe } from '../../../errors/check.ts';

/** A value of the Python literals that genotypes are made of; tuples and `range(a, b)` become lists. */
export type PythonValue = number | string | readonly PythonValue[] | PythonCall;

/** `Genotype(normal=…, reduce=…)`. */
export interface PythonCall {
  readonly name: string;
  readonly keywords: ReadonlyMap<string, PythonValue>;
}

/** Rejects a text; the argument says where, what was expected and what came. */
export type RefuseText = (message: string) => never;

interface Token {
  readonly text: string;
  /** From 0. */
  readonly at: number;
}

const tokenPattern = /\s+|#[^\n]*|(?<token>'[^'\\\n]*'|"[^"\\\n]*"|-?\d+|[A-Za-z_]\w*|[()[\],=])/y;

/**
 * Reads one literal: integers, strings, lists, tuples, `range(a, b)`, a call with keyword arguments;
 * comments and an assignment in front of it (`ENAS = …`) are passed over.
 */
export function parsePython(text: string, refuse: RefuseText): PythonValue {
  const reader = new Reader(text, refuse);
  const value = reader.assigned();
  reader.end();
  return value;
}

class Reader {
  readonly #text: string;
  readonly #refuse: RefuseText;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string, refuse: RefuseText) {
    this.#text = text;
    this.#refuse = refuse;
    this.#tokens = this.#tokenise();
  }

  assigned(): PythonValue {
    if (isName(this.#peek()) && this.#tokens[this.#next + 1]?.text === '=') this.#next += 2;
    return this.#value();
  }

  end(): void {
    if (this.#peek() !== undefined) this.#unexpected('the end of the text');
  }

  #tokenise(): Token[] {
    const tokens: Token[] = [];
    const pattern = new RegExp(tokenPattern);
    while (pattern.lastIndex < this.#text.length) {
      const at = pattern.lastIndex;
      const match = pattern.exec(this.#text);
      if (match === null) {
        const got = describe(this.#text.slice(at).split(/[\s,()[\]=]/)[0] || this.#text[at]);
        this.#refuse(`${this.#position(at)}: expected a Python literal, got ${got}`);
      }
      const token = match.groups!.token;
      if (token !== undefined) tokens.push({ text: token, at });
    }
    return tokens;
  }

  #value(): PythonValue {
    const token = this.#peek();
    if (token === '(') return this.#items(')');
    if (token === '[') return this.#items(']');
    if (token !== undefined && /^-?\d/.test(token)) return Number(this.#take());
    if (token !== undefined && /^['"]/.test(token)) return this.#take().slice(1, -1);
    if (isName(token)) return this.#call();
    return this.#unexpected('a list, a tuple, a string or an integer');
  }

  /** Items between brackets, with a comma between each two and perhaps one at the end. */
  #items(close: string): PythonValue[] {
    this.#take();
    const items: PythonValue[] = [];
    while (this.#peek() !== close) {
      items.push(this.#value());
      if (this.#peek() !== close) this.#expect(',');
    }
    this.#take();
    return items;
  }

  #call(): PythonValue {
    const name = this.#take();
    if (this.#peek() !== '(') this.#unexpected(`"(" after ${name}`);
    if (name === 'range') return this.#range();
    this.#take();
    const keywords = new Map<string, PythonValue>();
    while (this.#peek() !== ')') {
      if (!isName(this.#peek())) this.#unexpected('a keyword argument such as normal=[…]');
      const keyword = this.#take();
      this.#expect('=');
      keywords.set(keyword, this.#value());
      if (this.#peek() !== ')') this.#expect(',');
    }
    this.#take();
    return { name, keywords };
  }

  #range(): PythonValue {
    const start = this.#next;
    const [low, high, ...rest] = this.#items(')');
    if (typeof low === 'number' && typeof high === 'number' && rest.length === 0) {
      // A cell has a dozen nodes at most: what a mistyped end would ask for beyond is not made.
      return Array.from({ length: Math.min(Math.max(0, high - low), 100) }, (_, i) => low + i);
    }
    const where = this.#position(this.#tokens[start]!.at);
    return this.#refuse(`${where}: expected range(first, end) with two integers, got another`);
  }

  #expect(text: string): void {
    if (this.#peek() !== text) this.#unexpected(`"${text}"`);
    this.#take();
  }

  #unexpected(expected: string): never {
    const token = this.#tokens[this.#next];
    const got = token === undefined ? 'the end of the text' : describe(token.text);
    const where = this.#position(token?.at ?? this.#text.length);
    return this.#refuse(`${where}: expected ${expected}, got ${got}`);
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next]?.text;
  }

  #take(): string {
    const token = this.#tokens[this.#next]!.text;
    this.#next += 1;
    return token;
  }

  #position(at: number): string {
    const before = this.#text.slice(0, at).split('\n');
    return `line ${before.length}, column ${before.at(-1)!.length + 1}`;
  }
}

function isName(token: string | undefined): boolean {
  return token !== undefined && /^[A-Za-z_]/.test(token);
}
