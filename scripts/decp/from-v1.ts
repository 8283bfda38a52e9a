import { inner, isLoose, type Kind, type Loose, list, text } from '@jonction/norms/decp';

/** A contract of before 2024 in the format of 2022. */
export interface Converted {
  record: Loose;
  /** Fields that 2022 requires and v1 does not say: what stands there is not known, and claims as little as it can. */
  assumed: string[];
  /** Fields of v1 that 2022 has no place for. */
  lost: string[];
}

/**
 * Converts a contract of the format 1.5.0 and of those before it. Nothing is corrected but spaces in identifiers, time
 * zones of days and holders named twice: judge the result, and refuse what is wrong in it.
 *
 * Sources: arrêté of 22 March 2019, annexe (v1); arrêtés of 22 December 2022 (2022).
 */
export function fromV1(kind: Kind, old: Loose): Converted {
  const { record, assumed } = kind === 'marche' ? marche(old) : concession(old);
  const known = new Set([...Object.keys(record), '_type']);
  const lost = Object.keys(old).filter((field) => !known.has(field) && !isEmpty(old[field]));
  if (list(old.modifications).some((one) => 'objetModification' in flat(one, 'modification'))) {
    lost.push('objetModification');
  }
  return {
    record: Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)),
    assumed,
    lost,
  };
}

function marche(old: Loose): { record: Loose; assumed: string[] } {
  const holders = operators(old.titulaires, 'titulaire');
  const { nature, technique, modalite } = NATURES[text(old.nature) ?? ''] ?? {};
  const unknown = {
    techniques: { technique: [technique ?? 'Sans objet'] },
    modalitesExecution: { modaliteExecution: [modalite ?? 'Sans objet'] },
    marcheInnovant: false,
    ccag: 'Pas de CCAG',
    offresRecues: 1,
    attributionAvance: false,
    sousTraitanceDeclaree: false,
    formePrix: 'Forfaitaire',
    typeGroupementOperateurs: holders.length > 1 ? 'Conjoint' : 'Pas de groupement',
    ...NO_CONSIDERATION,
  };
  const price = PRICES[text(old.formePrix) ?? ''];
  const record: Loose = {
    id: old.id,
    acheteur: { id: unspaced(inner(old, 'acheteur').id) },
    nature: nature ?? old.nature,
    objet: old.objet,
    codeCPV: old.codeCPV,
    procedure: PROCEDURES[text(old.procedure) ?? ''] ?? old.procedure,
    lieuExecution: { code: inner(old, 'lieuExecution').code, typeCode: inner(old, 'lieuExecution').typeCode },
    dureeMois: old.dureeMois,
    dateNotification: day(old.dateNotification),
    datePublicationDonnees: day(old.datePublicationDonnees),
    montant: old.montant,
    typesPrix: price === undefined ? undefined : { typePrix: [price] },
    titulaires: holders,
    ...unknown,
    modifications: numbered(old.modifications, (one) => ({
      dateNotificationModification: day(one.dateNotificationModification ?? one.dateSignatureModification),
      datePublicationDonneesModification: day(one.datePublicationDonneesModification),
      dureeMois: one.dureeMois,
      montant: one.montant,
      titulaires: one.titulaires === undefined ? undefined : operators(one.titulaires, 'titulaire'),
    })),
  };
  const said = [...(technique ? ['techniques'] : []), ...(modalite ? ['modalitesExecution'] : [])];
  if (holders.length === 1) said.push('typeGroupementOperateurs');
  return { record, assumed: Object.keys(unknown).filter((field) => !said.includes(field)) };
}

function concession(old: Loose): { record: Loose; assumed: string[] } {
  const years = list(old.donneesExecution).map((one) => {
    const {
      datePublicationDonneesExecution: published,
      depensesInvestissement,
      tarifs,
    } = flat(one, 'donneesAnnuelles');
    const tariffs = list(tarifs).map((tarif) => ({ tarif: flat(tarif, 'tarif') }));
    return {
      donneesAnnuelles: { datePublicationDonneesExecution: day(published), depensesInvestissement, tarifs: tariffs },
    };
  });
  const record: Loose = {
    id: old.id,
    autoriteConcedante: { id: unspaced(inner(old, 'autoriteConcedante').id) },
    nature: old.nature,
    objet: old.objet,
    procedure: old.procedure,
    dureeMois: old.dureeMois,
    dateSignature: day(old.dateSignature),
    datePublicationDonnees: day(old.datePublicationDonnees),
    dateDebutExecution: day(old.dateDebutExecution),
    valeurGlobale: old.valeurGlobale,
    montantSubventionPublique: old.montantSubventionPublique,
    concessionnaires: operators(old.concessionnaires, 'concessionnaire'),
    ...NO_CONSIDERATION,
    donneesExecution: years.length > 0 ? years : undefined,
    modifications: numbered(old.modifications, (one) => ({
      dateSignatureModification: day(one.dateSignatureModification),
      datePublicationDonneesModification: day(one.datePublicationDonneesModification),
      dureeMois: one.dureeMois,
      valeurGlobale: one.valeurGlobale,
    })),
  };
  return { record, assumed: Object.keys(NO_CONSIDERATION) };
}

const NO_CONSIDERATION = {
  considerationsSociales: { considerationSociale: ['Pas de considération sociale'] },
  considerationsEnvironnementales: { considerationEnvironnementale: ['Pas de considération environnementale'] },
};

/** An accord-cadre has become a technique, a marché subséquent a way of execution. */
const NATURES: Record<string, { nature: string; technique?: string; modalite?: string }> = {
  'Accord-cadre': { nature: 'Marché', technique: 'Accord-cadre' },
  'Marché subséquent': { nature: 'Marché', modalite: 'Marchés subséquents' },
};

/** Names that the Code de la commande publique has dropped in 2019; the two negotiated ones have become one. */
const PROCEDURES: Record<string, string> = {
  'Procédure concurrentielle avec négociation': 'Procédure avec négociation',
  'Procédure négociée avec mise en concurrence préalable': 'Procédure avec négociation',
  'Marché négocié sans publicité ni mise en concurrence préalable':
    'Marché passé sans publicité ni mise en concurrence préalable',
};

/** What v1 calls the form of the price is its type in 2022; the form of 2022 is another thing, which v1 does not say. */
const PRICES: Record<string, string> = {
  Ferme: 'Définitif ferme',
  'Ferme et actualisable': 'Définitif actualisable',
  Révisable: 'Définitif révisable',
};

/** Each holder once, its name left out; in files from XML they are wrapped already. */
function operators(value: unknown, name: string): Loose[] {
  const all = list(value).map((one) => {
    const { typeIdentifiant, id } = flat(one, name);
    return { typeIdentifiant: typeIdentifiant === 'UE' ? 'TVA' : typeIdentifiant, id: unspaced(id) };
  });
  const once = new Map(all.map((one) => [JSON.stringify(one), one]));
  return [...once.values()].map((one) => ({ [name]: one }));
}

function numbered(value: unknown, convert: (one: Loose) => Loose): Loose[] | undefined {
  const all = list(value).map((one, index) => {
    const said = Object.entries(convert(flat(one, 'modification'))).filter(([, part]) => part !== undefined);
    return { modification: { id: index + 1, ...Object.fromEntries(said) } };
  });
  return all.length > 0 ? all : undefined;
}

function flat(value: unknown, name: string): Loose {
  if (!isLoose(value)) return {};
  return isLoose(value[name]) ? value[name] : value;
}

const unspaced = (value: unknown) => (typeof value === 'string' ? value.replaceAll(' ', '') : value);
/** v1 allows a time zone after the day. */
const day = (value: unknown) => (typeof value === 'string' ? value.replace(/[+-]\d{2}:\d{2}Z?$/, '') : value);
const isEmpty = (value: unknown) => value === null || value === '' || (Array.isArray(value) && value.length === 0);
