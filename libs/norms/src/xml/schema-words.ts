import { clipped } from './reason.ts';
import { type Sentences, sentences } from './words.ts';

/**
 * What libxml2 says of a value or an element, in French and in English, without the value. $1, $2… are facts of the
 * schema.
 */
const RULES: [RegExp, string, string][] = [
  [
    /This element is not expected\. Expected is (?:one of )?\( (.*) \)/,
    "cet élément n'est pas attendu ici ; il faudrait $1",
    'this element is not expected here; it should be $1',
  ],
  [/This element is not expected\./, "cet élément n'est pas attendu ici", 'this element is not expected here'],
  [
    /Missing child element\(s\)\. Expected is (?:one of )?\( (.*) \)/,
    'il manque un élément : $1',
    'an element is missing: $1',
  ],
  [
    /\[facet 'pattern'\].*by the pattern '(.*)'\./s,
    'la valeur ne suit pas le motif $1',
    'the value does not follow $1',
  ],
  [
    /\[facet '(?:maxLength|length|minLength)'\] The value has a length of '(\d+)'; this (?:exceeds|underruns|differs from) the allowed (?:(minimum|maximum) )?length of '(\d+)'/,
    'la valeur a $1 caractères, la norme en fixe $3',
    'the value has $1 characters, the norm sets $3',
  ],
  [
    /\[facet 'enumeration'\].*element of the set (\{.*\})/s,
    "la valeur n'est pas dans la liste $1",
    'the value is not in the list $1',
  ],
  [
    /\[facet 'minInclusive'\].*minimum value allowed \('(.*)'\)/s,
    'la valeur est inférieure à $1',
    'the value is below $1',
  ],
  [
    /\[facet 'maxInclusive'\].*maximum value allowed \('(.*)'\)/s,
    'la valeur est supérieure à $1',
    'the value is above $1',
  ],
  [/\[facet 'minExclusive'\].*\('(.*)'\)/s, 'la valeur doit dépasser $1', 'the value must be above $1'],
  [/\[facet 'totalDigits'\].*\('(\d+)'\)/s, 'la valeur a plus de $1 chiffres', 'the value has more than $1 digits'],
  [
    /\[facet 'fractionDigits'\].*\('(\d+)'\)/s,
    'la valeur a plus de $1 décimales',
    'the value has more than $1 decimals',
  ],
  [
    /is not a valid value of the (?:local )?(?:atomic|union|list) type(?: '(.*)')?/s,
    "la valeur n'est pas du type $1",
    'the value is not of type $1',
  ],
  [/The attribute '(.*)' is required but missing/, "l'attribut $1 manque", 'the attribute $1 is missing'],
  [/The attribute '(.*)' is not allowed/, "l'attribut $1 n'est pas permis", 'the attribute $1 is not allowed'],
  [
    /No matching global (?:element )?declaration/,
    "l'élément racine n'est pas celui de ce schéma",
    'the root is not the one of this schema',
  ],
  [
    /Character content(?: other than whitespace)? is not allowed/,
    "du texte n'est pas permis ici",
    'text is not allowed here',
  ],
  [/Duplicate key-sequence/, 'une valeur qui doit être unique est répétée', 'a value that must be unique is repeated'],
];

const NAMED = /^(?:\[.*?\] )?Element '(?:\{[^}]*\})?([^']*)'(?:, attribute '(?:\{[^}]*\})?([^']*)')?: /;

/** What kind of fault this is, and of which name: a newer schema may know a name that this one does not. */
export function kindOf(said: string): { kind: 'ELEMENT' | 'ATTRIBUTE' | 'LISTED_VALUE' | 'OTHER'; about: string } {
  const [, element = '', attribute = ''] = NAMED.exec(said) ?? [];
  if (/This element is not expected/.test(said)) return { kind: 'ELEMENT', about: element };
  if (/The attribute '.*' is not allowed/.test(said)) return { kind: 'ATTRIBUTE', about: attribute };
  return { kind: /\[facet 'enumeration'\]/.test(said) ? 'LISTED_VALUE' : 'OTHER', about: attribute || element };
}

/**
 * The sentences of a fault that the schema finds. The value is not repeated: the place tells it to who may read the
 * file.
 */
export function schemaWords(said: string): Sentences {
  const [start = '', element, attribute] = NAMED.exec(said) ?? [];
  const what = said.slice(start.length).trim();
  const [name, nameEn] = attribute
    ? [`${element}, attribut ${attribute}`, `${element}, attribute ${attribute}`]
    : [element ?? '', element ?? ''];
  const rule = RULES.find(([pattern]) => pattern.test(what));
  const told = (template: string) => {
    const match = rule?.[0].exec(what) ?? [];
    // Namespaces are long and say nothing that the name does not.
    const facts = match.map((fact) => clipped((fact ?? '').replace(/\{http[^}]*\}/g, '')));
    return template.replace(/\$(\d)/g, (_, at) => facts[Number(at)] || '(non nommé)');
  };
  return sentences(
    `${name} : ${rule ? told(rule[1]) : 'non conforme au schéma'}.`,
    'Corrigez cette donnée dans le logiciel qui a produit le fichier, puis produisez-le et signez-le de nouveau.',
    `${nameEn}: ${rule ? told(rule[2]).replace('(non nommé)', '(unnamed)') : 'does not conform to the schema'}.`,
    'Correct this in the software that wrote the file, then have it written and signed again.',
  );
}

/** The sentences of faults that are counted and not listed. */
export function manyWords(count: number): Sentences {
  return sentences(
    `${count} autres écarts au schéma ne sont pas détaillés.`,
    'Corrigez les premiers, puis contrôlez de nouveau.',
    `${count} more departures from the schema are not listed.`,
    'Correct the first ones, then check again.',
  );
}
