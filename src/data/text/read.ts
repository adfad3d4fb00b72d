import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { EnasTorchError } from '../../errors/error.ts';
import { endOfSentence, Numbers, type Words } from './words.ts';

/** A text file that was read. */
export interface TextFile {
  readonly path: string;
  readonly md5: string;
  readonly bytes: number;
  /** Numbers of its words and line ends. */
  readonly tokens: Int32Array;
}

/**
 * Reads a text: words are what stands between white space, and every line end is an `<eos>`, also
 * one that is missing at the end of the file.
 *
 * @param words numbers the words; new ones are added
 * @throws EnasTorchError ERR_DATA for a file that holds no word, or is no text in UTF-8
 */
export async function readText(
  path: string,
  words: Words,
  signal?: AbortSignal,
): Promise<TextFile> {
  const end = words.number(endOfSentence);
  const tokens = new Numbers();
  const hash = createHash('md5');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytes = 0;
  let lines = 0;
  let last = '';
  const take = (text: string) => {
    for ([last] of text.matchAll(/\n|\S+/g)) {
      if (last === '\n') lines++;
      tokens.push(last === '\n' ? end : words.number(last));
    }
  };
  const decode = (chunk?: Buffer) => {
    let text: string;
    try {
      text = chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch (error) {
      throw refused(path, `after line ${lines} there are bytes that are not UTF-8`, error);
    }
    if (text.includes('\0')) throw refused(path, `after line ${lines} there is a zero byte`);
    return text;
  };
  let rest = '';
  for await (const chunk of createReadStream(path, { ...(signal && { signal }) })) {
    hash.update(chunk);
    bytes += chunk.length;
    const text = rest + decode(chunk);
    // The word at the end of this part may go on in the next.
    const whole = text.search(/\s\S*$/) + 1;
    take(text.slice(0, whole));
    rest = text.slice(whole);
  }
  take(rest + decode());
  if (tokens.length === lines) {
    throw refused(path, bytes === 0 ? 'it is empty' : 'there is no word in it');
  }
  if (last !== '\n') tokens.push(end);
  return { path, md5: hash.digest('hex'), bytes, tokens: tokens.toArray() };
}

function refused(path: string, problem: string, cause?: unknown): EnasTorchError {
  return new EnasTorchError(
    'ERR_DATA',
    `${path}: expected words in UTF-8, separated by white space, but ${problem}; give a plain text file`,
    { cause },
  );
}
