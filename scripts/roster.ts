import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { v5 as uuidv5 } from 'uuid';

/** One organisation as the member of one operator. An empty string stands for what the source does not say. */
export type RosterEntry = {
  operator: 'bfc' | 'idf';
  /** UUIDv5 of `<operator>:<organizationId>`. */
  memberId: string;
  /** UUIDv5 of `<kind>:<code>`, the code being the INSEE code, or the SIREN of an EPCI or EPT. */
  organizationId: string;
  kind: 'COMMUNE' | 'EPCI' | 'EPT' | 'DEPARTEMENT' | 'REGION';
  /** The real name. Several communes may share one: never a key. */
  name: string;
  /** Empty for regions and departements. */
  siren: string;
  /** The INSEE code of a commune; empty for the others. */
  inseeCode: string;
  /** Where it is, for an EPCI or EPT where most of its communes are; empty for a region. */
  departementCode: string;
  /** Inhabitants, municipal count; undefined if the source has none. */
  municipalPopulation: number | undefined;
  /** Invented: a day from 2017 to 2025, written YYYY-MM-DD. */
  admittedOn: string;
};

/** To be shown wherever the roster is. */
export const ROSTER_NOTICE = [
  'Les organismes sont réels (sources : INSEE, DGCL, via data.gouv.fr, Licence Ouverte) ; leur adhésion et les dates sont inventées.',
  'The organisations are real (sources: INSEE, DGCL, via data.gouv.fr, Licence Ouverte); their membership and the dates are invented.',
].join('\n');

type Commune = {
  code: string;
  nom: string;
  type: string;
  departement: string;
  region: string;
  siren?: string;
  population?: number;
};
type Grouping = { code: string; nom: string; populationMunicipale?: number; membres: { code: string }[] };
type Departement = { code: string; nom: string; region: string; chefLieu: string; typeLiaison: number };
type Region = { code: string; nom: string };
type Source = {
  communes: Commune[];
  epci: Grouping[];
  ept: Grouping[];
  departements: Departement[];
  regions: Region[];
};

type Organisation = Omit<RosterEntry, 'operator' | 'memberId' | 'organizationId' | 'admittedOn'> & { code: string };

const NAMESPACE = '8f0d2a52-6f0e-4d0c-9c55-2f6e3f3d7b10';
const OPERATORS = [
  { operator: 'bfc', region: '27', members: 1_750 },
  { operator: 'idf', region: '11', members: 350 },
] as const;

/**
 * The 2,100 members of the first two operators, always the same, in the same order: 1,750 for `bfc`
 * (Bourgogne-Franche-Comté) and 350 for `idf` (Île-de-France).
 *
 * The organisations are real: INSEE and DGCL data, vintage 2026, published by data.gouv.fr under the Licence Ouverte
 * in the package `@etalab/decoupage-administratif`. That they are members, and since when, is invented: never show this
 * as the real list of members (see `ROSTER_NOTICE`).
 *
 * Each operator has its region, its departements, the EPCI and EPT that have most of their communes there, the chief
 * town of each departement, then communes taken at equal steps along the list of the others by population, so that
 * every size is there in its proportion. Paris is there twice, as the source has it: departement 75 and commune 75056.
 */
export function roster(): RosterEntry[] {
  const source = readSource();
  return OPERATORS.flatMap(({ operator, region, members }) => {
    const above = [...regionAndDepartements(source, region), ...groupings(source, region)];
    const organisations = [...above, ...chooseCommunes(source, region, members - above.length)];
    return organisations.map((organisation) => asMember(operator, organisation));
  });
}

/**
 * The communes of the operator's region that are not in its roster, the largest first: who may still join. They have no
 * `admittedOn` yet.
 */
export function newcomers(operator: RosterEntry['operator']): RosterEntry[] {
  const { region, members } = OPERATORS.find((one) => one.operator === operator)!;
  const source = readSource();
  const above = [...regionAndDepartements(source, region), ...groupings(source, region)];
  const chosen = new Set(chooseCommunes(source, region, members - above.length).map(({ code }) => code));
  return source.communes
    .filter((commune) => commune.region === region && !chosen.has(commune.code))
    .toSorted(bySize)
    .map((commune) => ({ ...asMember(operator, asOrganisation(commune)), admittedOn: '' }));
}

function readSource(): Source {
  const { resolve } = createRequire(import.meta.url);
  const read = (name: string) =>
    JSON.parse(readFileSync(resolve(`@etalab/decoupage-administratif/data/${name}.json`), 'utf8'));
  const communes = read('communes').filter((commune: Commune) => commune.type === 'commune-actuelle');
  return {
    communes,
    epci: read('epci'),
    ept: read('ept'),
    departements: read('departements'),
    regions: read('regions'),
  };
}

function regionAndDepartements(source: Source, region: string): Organisation[] {
  const inRegion = source.communes.filter((commune) => commune.region === region);
  const none = { siren: '', inseeCode: '' };
  const regions = source.regions.filter(({ code }) => code === region);
  const departements = source.departements.filter((departement) => departement.region === region).toSorted(byCode);
  return [
    ...regions.map(({ code, nom }) => ({
      kind: 'REGION' as const,
      code,
      name: `Région ${nom}`,
      ...none,
      departementCode: '',
      municipalPopulation: population(inRegion),
    })),
    ...departements.map((departement) => ({
      kind: 'DEPARTEMENT' as const,
      code: departement.code,
      name: departementName(departement),
      ...none,
      departementCode: departement.code,
      municipalPopulation: population(inRegion.filter((commune) => commune.departement === departement.code)),
    })),
  ];
}

/** The EPCI and EPT that have more than half of their communes in the region; no other region can claim them. */
function groupings(source: Source, region: string): Organisation[] {
  const communes = new Map(source.communes.map((commune) => [commune.code, commune]));
  const organise = (kind: 'EPCI' | 'EPT', all: Grouping[]) =>
    all.toSorted(byCode).flatMap(({ code, nom, populationMunicipale, membres }) => {
      const members = membres.map((member) => communes.get(member.code)).filter((commune) => commune !== undefined);
      if (members.filter((commune) => commune.region === region).length * 2 <= membres.length) return [];
      const departementCode = mostFrequent(members.map((commune) => commune.departement));
      const facts = {
        name: nom,
        siren: code,
        inseeCode: '',
        departementCode,
        municipalPopulation: populationMunicipale,
      };
      return [{ kind, code, ...facts }];
    });
  return [...organise('EPCI', source.epci), ...organise('EPT', source.ept)];
}

function chooseCommunes(source: Source, region: string, wanted: number): Organisation[] {
  const chiefTowns = new Set(source.departements.map((departement) => departement.chefLieu));
  const inRegion = source.communes.filter((commune) => commune.region === region);
  const first = inRegion.filter((commune) => chiefTowns.has(commune.code));
  const others = inRegion.filter((commune) => !chiefTowns.has(commune.code)).toSorted(bySize);
  const taken = wanted - first.length;
  const rest = Array.from({ length: taken }, (_, i) => others[Math.floor((i * others.length) / taken)]!);
  return [...first, ...rest].toSorted(byCode).map(asOrganisation);
}

function asOrganisation(commune: Commune): Organisation {
  return {
    kind: 'COMMUNE',
    code: commune.code,
    name: commune.nom,
    siren: commune.siren ?? '',
    inseeCode: commune.code,
    departementCode: commune.departement,
    municipalPopulation: commune.population,
  };
}

/** The ids that a body has here, whoever brings it in first: the roster or a vintage. `code` as in RosterEntry. */
export function idsOf(operator: string, kind: string, code: string): { organizationId: string; memberId: string } {
  const organizationId = uuidv5(`${kind}:${code}`, NAMESPACE);
  return { organizationId, memberId: uuidv5(`${operator}:${organizationId}`, NAMESPACE) };
}

function asMember(operator: 'bfc' | 'idf', { code, ...facts }: Organisation): RosterEntry {
  const { organizationId, memberId } = idsOf(operator, facts.kind, code);
  return { operator, memberId, organizationId, ...facts, admittedOn: inventedDay(memberId) };
}

/** A day of the years 2017 to 2025 (the regions and most EPCI of today are not much older), drawn from the id. */
function inventedDay(id: string): string {
  const first = Date.UTC(2017, 0, 1);
  const days = (Date.UTC(2026, 0, 1) - first) / 86_400_000;
  const drawn = createHash('sha256').update(id).digest().readUInt32BE() % days;
  return new Date(first + drawn * 86_400_000).toISOString().slice(0, 10);
}

/** `Département de la Côte-d'Or`: the link word is the one that INSEE gives for the name (codes TNCC, 0 to 8). */
function departementName({ nom, typeLiaison }: Departement): string {
  const links = ['de ', "d'", 'du ', 'de la ', 'des ', "de l'", 'des ', 'de las ', 'de los '];
  return `Département ${links[typeLiaison] ?? 'de '}${nom}`;
}

function population(communes: Commune[]): number {
  return communes.reduce((sum, commune) => sum + (commune.population ?? 0), 0);
}

/** The word that comes most often, the first of them if several do. */
function mostFrequent(words: string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0]?.[0] ?? '';
}

function byCode(a: { code: string }, b: { code: string }): number {
  return a.code < b.code ? -1 : 1;
}

function bySize(a: Commune, b: Commune): number {
  return (b.population ?? 0) - (a.population ?? 0) || byCode(a, b);
}
