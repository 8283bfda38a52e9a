import { Refused, type Schema } from '../xml/index.ts';
import { all, readTree, type Tree, textAt } from './tree.ts';

/** What acts of one nature may bring with them: codes of pieces, with their labels. */
export interface Nature {
  code: string;
  abbreviation: string;
  label: string;
  pieces: Map<string, string>;
}

/** The classification of one prefecture on one day. `matieres` are by dotted code (`7.1.2`), in the prefecture's order. */
export interface Classification {
  date: string;
  natures: Map<string, Nature>;
  matieres: Map<string, string>;
}

/**
 * Reads a RetourClassification (7-2), with the encodings that prefectures write.
 * Throws Refused when it is none, or does not follow the schema.
 */
export function readClassification(bytes: Buffer, schema: Schema): Classification {
  const { root, reasons, valid } = readTree(bytes, schema, { received: true });
  if (!root || !valid) throw new Refused(...reasons);
  return classificationOf(root);
}

export function classificationOf(root: Tree): Classification {
  const natures = all(root, 'NaturesActes')
    .flatMap((list) => all(list, 'NatureActe'))
    .map(natureOf);
  const matieres = all(root, 'Matieres').flatMap((list) => matieresOf(list, ''));
  return {
    date: textAt(root, 'DateClassification'),
    natures: new Map(natures.map((nature) => [nature.code, nature])),
    matieres: new Map(matieres),
  };
}

function natureOf(tree: Tree): Nature {
  const { CodeNatureActe: code = '', TypeAbrege: abbreviation = '', Libelle: label = '' } = tree.attributes;
  const pieces = all(tree, 'TypePJNatureActe').map(
    ({ attributes: { CodeTypePJ = '', Libelle = '' } }): [string, string] => [CodeTypePJ, Libelle],
  );
  return { code: String(Number(code)), abbreviation, label, pieces: new Map(pieces) };
}

function matieresOf(parent: Tree, before: string): [string, string][] {
  return parent.children
    .filter(({ name }) => /^Matiere[1-5]$/.test(name))
    .flatMap((one) => {
      const code = `${before}${Number(one.attributes.CodeMatiere)}`;
      return [[code, one.attributes.Libelle ?? ''] as [string, string], ...matieresOf(one, `${code}.`)];
    });
}
