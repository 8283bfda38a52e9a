import type { Concession, Contract, Marche, Operator } from '@jonction/norms/decp';
import fc from 'fast-check';

// Contracts that are valid by the law, whatever else they are. Written from the lists of the arrêté and not from the schema,
// so that the two can disagree.

const LA_POSTE = '356000000';

/** A SIREN with its key, then a SIRET with its own. */
const siret = fc
  .tuple(fc.integer({ min: 1, max: 99_999_999 }), fc.integer({ min: 0, max: 9_999 }))
  .map(([siren, order]) => keyed(keyed(String(siren).padStart(8, '0')) + String(order).padStart(4, '0')))
  .filter((one) => !one.startsWith(LA_POSTE));

function keyed(digits: string): string {
  const sum = [...digits].reverse().reduce((all, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 2 : 1);
    return all + (value > 9 ? value - 9 : value);
  }, 0);
  return digits + String((10 - (sum % 10)) % 10);
}

const operator: fc.Arbitrary<Operator> = fc.oneof(
  { weight: 4, arbitrary: siret.map((id): Operator => ({ typeIdentifiant: 'SIRET', id })) },
  fc.stringMatching(/^[A-Z]{2}[a-zA-Z0-9]{0,16}$/).map((id): Operator => ({ typeIdentifiant: 'HORS-UE', id })),
  fc.stringMatching(/^[a-zA-Z0-9]{10}$/).map((id): Operator => ({ typeIdentifiant: 'RIDET', id })),
  fc.stringMatching(/^FRWF[a-zA-Z0-9]{14}$/).map((id): Operator => ({ typeIdentifiant: 'FRWF', id })),
);

/** Text as people write it, with all that XML has to escape, and never what it cannot carry. */
const text = (minLength: number, maxLength: number) =>
  fc
    .string({ unit: fc.constantFrom(...'aéœ’ \'"&<>]\t\n\r€𝄞-1'), minLength, maxLength })
    .filter((one) => one.length <= maxLength);

const day = fc
  .date({ min: new Date('2024-01-01'), max: new Date('2026-11-01'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const amount = fc.oneof(
  fc.integer({ min: 1, max: 99_999_999 }),
  fc.integer({ min: 100, max: 9_999_999_999 }).map((cents) => Math.min(cents, 9_999_999_900) / 100),
);
/** As small as JavaScript writes with an exponent. */
const rate = fc.integer({ min: 0, max: 10_000_000 }).map((one) => one / 10_000_000);
const months = fc.integer({ min: 1, max: 180 });
const some = <T>(...values: [T, ...T[]]) =>
  fc.subarray(values, { minLength: 1 }) as unknown as fc.Arbitrary<[T, ...T[]]>;
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const id = fc.stringMatching(/^[A-Za-z0-9/\-_ .#]{1,16}$/);
/** In the order of their days, numbered from 1. */
const acts = <T extends object>(one: fc.Arbitrary<T>, dayOf: (act: T) => string) =>
  fc
    .array(one, { minLength: 1, maxLength: 4 })
    .map((all) =>
      all.toSorted((a, b) => (dayOf(a) < dayOf(b) ? -1 : 1)).map((act, index) => ({ ...act, id: index + 1 })),
    );

const social = fc.oneof(
  some<'Clause sociale' | 'Critère social'>('Clause sociale', 'Critère social'),
  fc.constant<['Pas de considération sociale']>(['Pas de considération sociale']),
);
const environmental = fc.oneof(
  some<'Clause environnementale' | 'Critère environnemental'>('Clause environnementale', 'Critère environnemental'),
  fc.constant<['Pas de considération environnementale']>(['Pas de considération environnementale']),
);
const distinct = (maxLength: number) =>
  fc.uniqueArray(operator, { minLength: 1, maxLength, selector: (one) => one.typeIdentifiant + one.id });

const subcontracting = acts(
  fc.record({
    sousTraitant: operator,
    dureeMois: months,
    dateNotification: day,
    datePublicationDonnees: day,
    montant: amount,
    variationPrix: fc.constantFrom('Ferme' as const, 'Actualisable' as const, 'Révisable' as const),
  }),
  (act) => act.dateNotification,
);
const modifications = acts(
  fc.record({
    dateNotificationModification: day,
    datePublicationDonneesModification: day,
    dureeMois: optional(months),
    montant: optional(amount),
    titulaires: optional(distinct(3).map((all) => all.map((titulaire) => ({ titulaire })))),
  }),
  (act) => act.dateNotificationModification,
);

const marche = fc
  .record({
    id,
    acheteur: fc.record({ id: siret }),
    nature: fc.constantFrom('Marché' as const, 'Marché de partenariat' as const),
    objet: text(0, 1_000),
    codeCPV: fc.constantFrom('45261910-6', '48000000-8', '79421200-3'),
    techniques: fc.record({ technique: some('Accord-cadre' as const, 'Concours' as const, 'Sans objet' as const) }),
    modalitesExecution: fc.record({ modaliteExecution: some('Tranches' as const, 'Bons de commande' as const) }),
    idAccordCadre: optional(id),
    marcheInnovant: fc.boolean(),
    ccag: fc.constantFrom("Maitrise d'œuvre" as const, 'Travaux' as const, 'Pas de CCAG' as const),
    offresRecues: fc.integer({ min: 1, max: 400 }),
    attributionAvance: fc.boolean(),
    tauxAvance: optional(rate),
    typeGroupementOperateurs: fc.constantFrom('Conjoint' as const, 'Solidaire' as const, 'Pas de groupement' as const),
    sousTraitanceDeclaree: fc.boolean(),
    actesSousTraitance: optional(subcontracting.map((all) => all.map((acteSousTraitance) => ({ acteSousTraitance })))),
    procedure: fc.constantFrom('Procédure adaptée' as const, "Appel d'offres ouvert" as const),
    lieuExecution: fc.constant({ code: '2B002', typeCode: 'Code commune' as const }),
    dureeMois: months,
    dateNotification: day,
    datePublicationDonnees: day,
    montant: amount,
    typesPrix: fc.record({ typePrix: some('Définitif ferme' as const, 'Provisoire' as const) }),
    formePrix: fc.constantFrom('Unitaire' as const, 'Forfaitaire' as const, 'Mixte' as const),
    origineUE: fc.constantFrom(undefined, 1),
    origineFrance: optional(rate),
    titulaires: distinct(5).map((all) => all.map((titulaire) => ({ titulaire }))),
    considerationsSociales: fc.record({ considerationSociale: social }),
    considerationsEnvironnementales: fc.record({ considerationEnvironnementale: environmental }),
    modifications: optional(modifications.map((all) => all.map((modification) => ({ modification })))),
  })
  .map((record): Contract => ({ kind: 'marche', record: present(record) as unknown as Marche }));

const year = fc.record({
  datePublicationDonneesExecution: day,
  depensesInvestissement: fc.constantFrom(0, 1.5, 1e-7),
  tarifs: fc.array(fc.record({ tarif: fc.record({ intituleTarif: text(0, 256), tarif: rate }) }), {
    minLength: 1,
    maxLength: 3,
  }),
});

const concession = fc
  .record({
    id,
    autoriteConcedante: fc.record({ id: siret }),
    nature: fc.constantFrom('Concession de travaux' as const, 'Délégation de service public' as const),
    objet: text(1, 1_000),
    procedure: fc.constantFrom('Procédure négociée ouverte' as const, 'Procédure non négociée restreinte' as const),
    dureeMois: fc.integer({ min: 1, max: 360 }),
    dateSignature: day,
    datePublicationDonnees: day,
    dateDebutExecution: day,
    valeurGlobale: amount,
    montantSubventionPublique: fc.constantFrom(0, 0.5),
    donneesExecution: optional(
      fc
        .uniqueArray(year, { minLength: 1, maxLength: 3, selector: JSON.stringify })
        .map((all) => all.map((donneesAnnuelles) => ({ donneesAnnuelles }))),
    ),
    concessionnaires: distinct(3).map((all) => all.map((concessionnaire) => ({ concessionnaire }))),
    considerationsSociales: fc.record({ considerationSociale: social }),
    considerationsEnvironnementales: fc.record({ considerationEnvironnementale: environmental }),
  })
  .map((record): Contract => ({ kind: 'contrat-concession', record: present(record) as unknown as Concession }));

/** What is not known is left out, at any depth. */
function present<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Any contract that both layers must keep. */
export const anyContract = fc.oneof({ weight: 3, arbitrary: marche }, concession);
