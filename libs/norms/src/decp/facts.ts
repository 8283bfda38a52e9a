import { isLoose, type Kind, type Loose } from './contract.ts';

/** What both layers of rules and the search for duplicates look at, the same for both kinds; absent when not of the type. */
export interface Facts {
  kind: Kind;
  record: Loose;
  id: string | undefined;
  buyer: string | undefined;
  amount: number | undefined;
  months: number | undefined;
  /** In the order in which the Ministry puts them: by identifier. `at` is where the file has them. */
  holders: { at: string; type: string | undefined; id: string | undefined }[];
}

/** The names of the same things in both kinds. */
export const NAMES = {
  marche: {
    buyer: 'acheteur',
    amount: 'montant',
    holders: 'titulaires',
    holder: 'titulaire',
    begins: 'dateNotification',
  },
  'contrat-concession': {
    buyer: 'autoriteConcedante',
    amount: 'valeurGlobale',
    holders: 'concessionnaires',
    holder: 'concessionnaire',
    begins: 'dateDebutExecution',
  },
} as const;

export function factsOf(kind: Kind, record: Loose): Facts {
  const { buyer, amount, holders, holder } = NAMES[kind];
  return {
    kind,
    record,
    id: text(record.id),
    buyer: text(inner(record, buyer).id),
    amount: number(record[amount]),
    months: number(record.dureeMois),
    holders: list(record[holders])
      .map((one, index) => {
        const { typeIdentifiant, id } = inner(one, holder);
        return { at: `/${holders}/${index}/${holder}`, type: text(typeIdentifiant), id: text(id) };
      })
      .sort((a, b) => ((a.id ?? '') < (b.id ?? '') ? -1 : 1)),
  };
}

/** Two contracts with the same key are one for the Ministry, which keeps the one published last. */
export function duplicateKey({ kind, record, id, buyer, amount, holders }: Facts): string {
  const value = kind === 'marche' ? Math.trunc(amount ?? 0) : amount;
  return JSON.stringify([kind, id, buyer, holders[0]?.id, text(record[NAMES[kind].begins]), value]);
}

/** The latest day on which anything of the contract was published. */
export function lastPublished(record: Loose): string {
  const days = list(record.modifications).map((one) =>
    text(inner(one, 'modification').datePublicationDonneesModification),
  );
  return [text(record.datePublicationDonnees), ...days].reduce<string>(
    (last, day) => (day && day > last ? day : last),
    '',
  );
}

export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
export const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The object under a name; an empty one when there is none. */
export function inner(value: unknown, name: string): Loose {
  const found = isLoose(value) ? value[name] : undefined;
  return isLoose(found) ? found : {};
}
