import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readXml, schemaOf } from './index.ts';

// A name with what an address would escape: the folder of an operator may be called so.
let folder: string;
const head =
  '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" xmlns="urn:a" targetNamespace="urn:a">';

beforeAll(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'schema-')), 'schémas 100 % à jour');
  mkdirSync(join(folder, 'sub/types'), { recursive: true });
  const types = head.replaceAll('urn:a', 'urn:t');
  writeFileSync(
    join(folder, 'sub/types/t.xsd'),
    `${types}<xs:simpleType name="code"><xs:restriction base="xs:string"><xs:pattern value="[0-9]{3}"/></xs:restriction></xs:simpleType></xs:schema>`,
  );
  writeFileSync(
    join(folder, 'sub/parts.xsd'),
    `${head}<xs:import namespace="urn:t" schemaLocation="types/t.xsd"/><xs:complexType name="line"><xs:attribute name="V" type="t:code" use="required"/></xs:complexType></xs:schema>`,
  );
  writeFileSync(
    join(folder, 'root.xsd'),
    `${head}<xs:include schemaLocation="sub/parts.xsd"/><xs:element name="doc"><xs:complexType><xs:sequence><xs:element name="line" type="line" maxOccurs="unbounded"/><xs:element name="on" type="xs:date" minOccurs="0"/></xs:sequence></xs:complexType></xs:element></xs:schema>`,
  );
  writeFileSync(join(folder, 'lost.xsd'), `${head}<xs:include schemaLocation="nowhere.xsd"/></xs:schema>`);
  writeFileSync(join(folder, 'sub/out.xsd'), `${head}<xs:include schemaLocation="../../outside.xsd"/></xs:schema>`);
  writeFileSync(join(folder, '../outside.xsd'), `${head}</xs:schema>`);
});

afterAll(() => rmSync(join(folder, '..'), { recursive: true }));

function faultsOf(inner: string) {
  using read = readXml(Buffer.from(`<a:doc xmlns:a="urn:a">\n${inner}</a:doc>`));
  return schemaOf(folder, 'root.xsd').faultsOf(read.document);
}

test('a schema is followed through what it includes and imports', () => {
  expect(faultsOf('<line V="123"/>\n<line V="456"/>')).toEqual([]);
});

test('a fault says its line and path, what the norm wants, and not the value', () => {
  const [fault, ...others] = faultsOf('<line V="123"/>\n<line V="secret"/>');
  expect(others).toEqual([]);
  expect(fault).toMatchObject({ code: 'SCHEMA', severity: 'refusal', where: '3 /a:doc/line[2]' });
  expect(fault!.fr.message).toBe('line, attribut V : la valeur ne suit pas le motif [0-9]{3}.');
  expect(fault!.en.message).toBe('line, attribute V: the value does not follow [0-9]{3}.');
  expect(JSON.stringify(fault)).not.toContain('secret');
});

test.each([
  ['', 'doc : il manque un élément : line.'],
  ['<line/>', "line : l'attribut V manque."],
  ['<line V="1" W="2"/>', "line, attribut W : l'attribut W n'est pas permis."],
  ['<other/>', "other : cet élément n'est pas attendu ici ; il faudrait line."],
  ['<line V="123"/><on>today</on>', "on : la valeur n'est pas du type xs:date."],
  ['text<line V="123"/>', "doc : du texte n'est pas permis ici."],
])('in French, %j is told as: %s', (inner, sentence) => {
  expect(faultsOf(inner).map(({ fr }) => fr.message)).toContain(sentence);
});

test('of a thousand faults twenty are told, and the others counted', () => {
  const faults = faultsOf('<line V="x"/>'.repeat(1_000));
  expect(faults).toHaveLength(21);
  expect(faults[20]!.en.message).toMatch(/^\d+ more departures/);
});

test('a schema is compiled once for each folder and file', () => {
  expect(schemaOf(folder, 'root.xsd')).toBe(schemaOf(folder, 'root.xsd'));
});

test('a schema that is missing, incomplete, or leads out of its folder is named', () => {
  expect(() => schemaOf(folder, 'nothing.xsd')).toThrow('nothing.xsd cannot be used');
  expect(() => schemaOf(folder, 'lost.xsd')).toThrow('lost.xsd cannot be used');
  expect(() => schemaOf(folder, 'sub/out.xsd')).toThrow('out.xsd cannot be used');
});
