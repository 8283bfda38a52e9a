import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readXml } from '../xml/index.ts';
import { conformity } from './schemas.ts';

const NS = 'http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/aller';
let norms: string;

/** An invented set of schemas: each version knows some more elements than the one before, and some more values of Code. */
function writeSet(version: string, elements: string[], codes: string[]): void {
  const folder = join(norms, 'teletransmission/helios/xsd', `pes_v${version}`, 'PES_V2/Rev0');
  mkdirSync(folder, { recursive: true });
  const parts = elements.map((name) => `<xs:element name="${name}" type="xs:string" minOccurs="0"/>`);
  const values = codes.map((code) => `<xs:enumeration value="${code}"/>`);
  writeFileSync(
    join(folder, 'PES_Aller.xsd'),
    `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="${NS}"><xs:element name="PES_Aller"><xs:complexType><xs:sequence>${parts.join('')}<xs:element name="Code"><xs:simpleType><xs:restriction base="xs:string">${values.join('')}</xs:restriction></xs:simpleType></xs:element><xs:element name="Number" type="xs:int" minOccurs="0"/></xs:sequence></xs:complexType></xs:element></xs:schema>`,
  );
}

beforeAll(() => {
  norms = mkdtempSync(join(tmpdir(), 'norms-'));
  writeSet('5.9', ['Old'], ['01']);
  writeSet('5.17', ['New'], ['01', '02']);
});

afterAll(() => rmSync(norms, { recursive: true }));

function told(inner: string, root = 'PES_Aller'): string[] {
  using read = readXml(Buffer.from(`<n:${root} xmlns:n="${NS}">${inner}</n:${root}>`));
  return conformity(read.document, norms).map(({ code, severity }) => `${severity} ${code}`);
}

test('several versions are in force: what conforms to any of them conforms', () => {
  expect(told('<Code>02</Code>')).toEqual([]);
  expect(told('<Old/><Code>01</Code>')).toEqual([]);
  expect(told('<New/><Code>02</Code>')).toEqual([]);
});

test('what the newest has no name or value for is a warning, which names that version', () => {
  expect(told('<Newest/><Code>01</Code>')).toEqual(['warning SCHEMA_NEWER']);
  expect(told('<Code>03</Code>')).toEqual(['warning SCHEMA_NEWER']);
  expect(told('<Code later="x">01</Code>')).toEqual(['warning SCHEMA_NEWER']);
  using read = readXml(Buffer.from(`<n:PES_Aller xmlns:n="${NS}"><Newest/><Code>01</Code></n:PES_Aller>`));
  expect(conformity(read.document, norms)[0]!.fr.message).toContain('5.17');
});

test('what every version forbids is refused: a value of the wrong type, a known element out of place, one that is missing', () => {
  expect(told('<Code>01</Code><Number>x</Number>')).toEqual(['refusal SCHEMA']);
  expect(told('<Code>01</Code><New/>')).toEqual(['refusal SCHEMA']);
  expect(told('')).toEqual(['refusal SCHEMA']);
});

test('without a set of schemas for a message that is said, and the message is not refused', () => {
  expect(told('', 'PES_Other')).toEqual(['warning SCHEMA_MISSING']);
  using read = readXml(Buffer.from(`<n:PES_Aller xmlns:n="${NS}"/>`));
  expect(conformity(read.document, '/nowhere').map(({ code }) => code)).toEqual(['SCHEMA_MISSING']);
});
