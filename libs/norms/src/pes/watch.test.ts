import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Arrival, arrivals } from './watch.ts';

let folder: string;
let stopping: AbortController;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'watch-'));
  stopping = new AbortController();
});

afterEach(() => {
  stopping.abort();
  rmSync(folder, { recursive: true });
});

const put = (name: string, text: string) => writeFileSync(join(folder, name), text);

/** What arrives until this file has; 20 seconds at most, which is the limit of a test. */
async function until(name: string, onLook: (looks: number) => void = () => {}): Promise<Arrival[]> {
  const found: Arrival[] = [];
  const looks = setInterval(() => onLook(found.length), 5);
  try {
    for await (const arrival of arrivals(folder, { everyMs: 10, stableLooks: 3, signal: stopping.signal })) {
      found.push(arrival);
      if (arrival.name === name) return found;
    }
    return found;
  } finally {
    clearInterval(looks);
  }
}

test('a file is given whole, once, and one of another flow is told apart', async () => {
  put('1.xml', '<a/>');
  put('2.OCRE', 'x');
  const found = await until('2.OCRE');
  expect(found.map(({ name, kind, bytes }) => [name, kind, bytes.toString()])).toEqual([
    ['1.xml', 'PES', '<a/>'],
    ['2.OCRE', 'other', 'x'],
  ]);
});

test('a file that grows is waited for until it no longer does', async () => {
  put('1.xml', '<a>');
  let left = 20;
  const found = await until('1.xml', () => {
    if (left > 0) appendFileSync(join(folder, '1.xml'), left === 1 ? '</a>' : '<b/>');
    left -= 1;
  });
  expect(found.map(({ bytes }) => bytes.toString())).toEqual([`<a>${'<b/>'.repeat(19)}</a>`]);
});

test('a file of zero bytes, a hidden one and an unfinished transfer are not given; renamed, the last one is', async () => {
  put('0.xml', '');
  put('.hidden.xml', '<a/>');
  put('1.xml.part', '<a/>');
  put('2.xml', '<a/>');
  expect((await until('2.xml')).map(({ name }) => name)).toEqual(['2.xml']);
  renameSync(join(folder, '1.xml.part'), join(folder, '1.xml'));
  expect((await until('1.xml')).map(({ name }) => name)).toContain('1.xml');
});

test('a file that comes again under the same name is given again', async () => {
  put('1.xml', '<a/>');
  const given: string[] = [];
  for await (const { bytes } of arrivals(folder, { everyMs: 10, stableLooks: 2, signal: stopping.signal })) {
    given.push(bytes.toString());
    if (given.length === 2) break;
    put('1.xml', '<b>2</b>');
  }
  expect(given).toEqual(['<a/>', '<b>2</b>']);
});

test('it ends when it is told to', async () => {
  stopping.abort();
  expect(await until('never.xml')).toEqual([]);
});
