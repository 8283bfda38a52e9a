/**
 * The essential data of a public contract in France, as the format of 2022 names them (arrêtés of 22 December 2022,
 * JSON 2.0.4 and XSD 2.0.2). The French names are those of the law and of the files: they are not translated.
 *
 * An optional field that is not known is left out: null, '' and [] are all refused by the schema.
 */
export type Contract = { kind: 'marche'; record: Marche } | { kind: 'contrat-concession'; record: Concession };
export type Kind = Contract['kind'];

export type IdentifierType = 'SIRET' | 'TVA' | 'TAHITI' | 'RIDET' | 'FRWF' | 'IREP' | 'HORS-UE';

/** A firm. Its name is not said: it comes from the Sirene register. */
export interface Operator {
  typeIdentifiant: IdentifierType;
  id: string;
}

export type Procedure =
  | 'Procédure adaptée'
  | "Appel d'offres ouvert"
  | "Appel d'offres restreint"
  | 'Procédure avec négociation'
  | 'Marché passé sans publicité ni mise en concurrence préalable'
  | 'Dialogue compétitif';

export type PlaceType =
  | 'Code postal'
  | 'Code commune'
  | 'Code arrondissement'
  | 'Code canton'
  | 'Code département'
  | 'Code région'
  | 'Code pays';

export type PriceType = 'Définitif ferme' | 'Définitif actualisable' | 'Définitif révisable' | 'Provisoire';

/** Days are `AAAA-MM-JJ`, amounts euros before tax, durations months rounded up, rates from 0 to 1. */
export interface Marche {
  /** The buyer's own number, unique for that buyer. It never changes: what changes is a modification. */
  id: string;
  acheteur: { id: string };
  nature: 'Marché' | 'Marché de partenariat' | 'Marché de défense ou de sécurité';
  objet: string;
  codeCPV: string;
  techniques: {
    technique: (
      | 'Accord-cadre'
      | 'Concours'
      | 'Système de qualification'
      | "Système d'acquisition dynamique"
      | 'Catalogue électronique'
      | 'Enchère électronique'
      | 'Sans objet'
    )[];
  };
  modalitesExecution: {
    modaliteExecution: ('Tranches' | 'Bons de commande' | 'Marchés subséquents' | 'Sans objet')[];
  };
  /** Of the framework agreement, for a marché subséquent; absent for all others. */
  idAccordCadre?: string;
  marcheInnovant: boolean;
  ccag:
    | 'Travaux'
    | "Maitrise d'œuvre"
    | 'Fournitures courantes et services'
    | 'Marchés industriels'
    | 'Prestations intellectuelles'
    | "Techniques de l'information et de la communication"
    | 'Pas de CCAG';
  offresRecues: number;
  attributionAvance: boolean;
  /** 0 beside `attributionAvance: true` says that the rate is not known. */
  tauxAvance?: number;
  typeGroupementOperateurs: 'Conjoint' | 'Solidaire' | 'Pas de groupement';
  sousTraitanceDeclaree: boolean;
  actesSousTraitance?: { acteSousTraitance: SubcontractingAct }[];
  procedure: Procedure;
  lieuExecution: { code: string; typeCode: PlaceType };
  dureeMois: number;
  dateNotification: string;
  /** The day of the first publication; it never moves. */
  datePublicationDonnees: string;
  montant: number;
  typesPrix: { typePrix: PriceType[] };
  formePrix: 'Unitaire' | 'Forfaitaire' | 'Mixte';
  origineUE?: number;
  origineFrance?: number;
  titulaires: { titulaire: Operator }[];
  considerationsSociales: {
    considerationSociale: ('Clause sociale' | 'Critère social' | 'Marché réservé' | 'Pas de considération sociale')[];
  };
  considerationsEnvironnementales: Environmental;
  modificationsActesSousTraitance?: { modificationActeSousTraitance: SubcontractingModification }[];
  modifications?: { modification: Modification }[];
}

export interface Environmental {
  considerationEnvironnementale: (
    | 'Clause environnementale'
    | 'Critère environnemental'
    | 'Pas de considération environnementale'
  )[];
}

export interface SubcontractingAct {
  id: number;
  sousTraitant: Operator;
  dureeMois: number;
  dateNotification: string;
  datePublicationDonnees: string;
  montant: number;
  variationPrix: 'Ferme' | 'Actualisable' | 'Révisable';
}

export interface SubcontractingModification {
  /** Of the act that it modifies. */
  id: number;
  dureeMois?: number;
  dateNotificationModificationSousTraitance: string;
  montant?: number;
  datePublicationDonnees: string;
}

export interface Modification {
  id: number;
  dateNotificationModification: string;
  datePublicationDonneesModification: string;
  dureeMois?: number;
  montant?: number;
  /** The whole new list, when the holders change. */
  titulaires?: { titulaire: Operator }[];
}

export interface Concession {
  id: string;
  autoriteConcedante: { id: string };
  nature:
    | 'Concession de travaux'
    | 'Concession de service'
    | 'Concession de service public'
    | 'Délégation de service public';
  objet: string;
  procedure:
    | 'Procédure négociée ouverte'
    | 'Procédure non négociée ouverte'
    | 'Procédure négociée restreinte'
    | 'Procédure non négociée restreinte';
  dureeMois: number;
  dateSignature: string;
  datePublicationDonnees: string;
  dateDebutExecution: string;
  valeurGlobale: number;
  montantSubventionPublique: number;
  /** One a year. */
  donneesExecution?: { donneesAnnuelles: YearOfExecution }[];
  concessionnaires: { concessionnaire: Operator }[];
  considerationsSociales: {
    considerationSociale: (
      | 'Clause sociale'
      | 'Critère social'
      | 'Concession réservée'
      | 'Pas de considération sociale'
    )[];
  };
  considerationsEnvironnementales: Environmental;
  modifications?: { modification: ConcessionModification }[];
}

export interface YearOfExecution {
  datePublicationDonneesExecution: string;
  depensesInvestissement: number;
  tarifs: { tarif: { intituleTarif: string; tarif: number } }[];
}

export interface ConcessionModification {
  id: number;
  dateSignatureModification: string;
  datePublicationDonneesModification: string;
  dureeMois?: number;
  valeurGlobale?: number;
}

/** What a file says in the place of a contract, before anybody has judged it. */
export type Loose = { [key: string]: unknown };

export function isLoose(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
