import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** A living body of a yearly list. Empty, or undefined, is what the list does not say. */
export interface Listed {
  kind: 'ORGANIZATION_KIND_COMMUNE' | 'ORGANIZATION_KIND_EPCI' | 'ORGANIZATION_KIND_EPT';
  /** The INSEE code of a commune, the SIREN of a grouping. */
  code: string;
  name: string;
  siren: string;
  departementCode: string;
  epciSiren: string;
  municipalPopulation: number | undefined;
}

/** The State's lists of one year, for the departements of one operator. */
export interface Vintage {
  year: number;
  communes: Listed[];
  groupings: Listed[];
  /** What is left of former communes: their code, and that of the commune they are part of. */
  remains: Map<string, { name: string; into: string; kind: Remains }>;
  /** Former codes of a commune that has taken other communes in: their code, and its code. */
  formerCodes: Map<string, string>;
  /** The SIREN of every grouping of France. */
  allGroupings: Set<string>;
}

export type Remains = 'ORGANIZATION_KIND_DELEGATED_COMMUNE' | 'ORGANIZATION_KIND_ASSOCIATED_COMMUNE';

/** The years that are installed, as dependencies with these names. The package has no list of 2020. */
export const VINTAGES: Record<number, string> = {
  2019: 'decoupage-2019',
  2021: 'decoupage-2021',
  2022: 'decoupage-2022',
  2023: 'decoupage-2023',
  2024: 'decoupage-2024',
  2025: 'decoupage-2025',
  2026: '@etalab/decoupage-administratif',
};

type RawCommune = {
  code: string;
  nom: string;
  type: string;
  departement?: string;
  siren?: string;
  population?: number;
  chefLieu?: string;
  commune?: string;
  anciensCodes?: string[];
};
type RawGrouping = {
  code: string;
  nom: string;
  populationMunicipale?: number;
  membres: { code: string; siren?: string }[];
};

const REMAINS: Record<string, Remains> = {
  'commune-deleguee': 'ORGANIZATION_KIND_DELEGATED_COMMUNE',
  'commune-associee': 'ORGANIZATION_KIND_ASSOCIATED_COMMUNE',
};

/** Reads the lists of a year. Throws when that year is not installed. */
export function readVintage(year: number, departements: string[]): Vintage {
  const name = VINTAGES[year];
  if (!name) throw new Error(`there is no list of ${year}; there are those of ${Object.keys(VINTAGES).join(', ')}`);
  const { resolve } = createRequire(import.meta.url);
  const read = <T>(file: string): T[] => JSON.parse(readFileSync(resolve(`${name}/data/${file}.json`), 'utf8'));
  const all = read<RawCommune>('communes');
  const epci = read<RawGrouping>('epci');
  const ept = year >= 2025 ? read<RawGrouping>('ept') : [];
  const within = new Set(departements);
  const here = all.filter((one) => one.type === 'commune-actuelle' && within.has(one.departement ?? ''));
  const departementOf = new Map(all.filter(isCommune).map(({ code, departement = '' }) => [code, departement]));
  const membership = new Map(
    epci.flatMap((one) => one.membres.map(({ code, siren }) => [code, { epci: one.code, siren }])),
  );
  const codes = new Set(here.map(({ code }) => code));
  return {
    year,
    communes: here.map(({ code, nom, siren, departement = '', population }) => ({
      kind: 'ORGANIZATION_KIND_COMMUNE',
      code,
      name: nom,
      siren: siren ?? membership.get(code)?.siren ?? '',
      departementCode: departement,
      epciSiren: membership.get(code)?.epci ?? '',
      municipalPopulation: population,
    })),
    groupings: [
      ...epci.map((one) => asGrouping('ORGANIZATION_KIND_EPCI', one, departementOf)),
      ...ept.map((one) => asGrouping('ORGANIZATION_KIND_EPT', one, departementOf)),
    ].filter(({ departementCode }) => within.has(departementCode)),
    remains: new Map(
      all.flatMap(({ code, nom, type, chefLieu, commune }) => {
        const [kind, into = ''] = [REMAINS[type], chefLieu ?? commune];
        return kind && into !== code && codes.has(into) ? [[code, { name: nom, into, kind }]] : [];
      }),
    ),
    formerCodes: new Map(here.flatMap(({ code, anciensCodes = [] }) => anciensCodes.map((former) => [former, code]))),
    allGroupings: new Set([...epci, ...ept].map(({ code }) => code)),
  };
}

const isCommune = ({ type }: RawCommune) => type === 'commune-actuelle';

/** A grouping is where most of its communes are. */
function asGrouping(kind: Listed['kind'], grouping: RawGrouping, departementOf: Map<string, string>): Listed {
  const counts = new Map<string, number>();
  for (const { code } of grouping.membres) {
    const departement = departementOf.get(code) ?? '';
    counts.set(departement, (counts.get(departement) ?? 0) + 1);
  }
  const [[departementCode] = ['']] = [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const { code, nom: name, populationMunicipale: municipalPopulation } = grouping;
  return { kind, code, name, siren: code, departementCode, epciSiren: '', municipalPopulation };
}
