import type { Concession, Marche } from './contract.ts';

/** An invented marché that both layers keep, for tests and benches. The buyer's SIRET is the City of Paris's. */
export function sampleMarche(number: number, other: Partial<Marche> = {}): Marche {
  return {
    id: `2026-${number}`,
    acheteur: { id: '21750001600019' },
    nature: 'Marché',
    objet: `Réfection de la toiture de l'école n° ${number} & abords <lot 1>`,
    codeCPV: '45261910-6',
    techniques: { technique: ['Sans objet'] },
    modalitesExecution: { modaliteExecution: ['Tranches'] },
    marcheInnovant: false,
    ccag: 'Travaux',
    offresRecues: 3,
    attributionAvance: true,
    tauxAvance: 0.1,
    typeGroupementOperateurs: 'Pas de groupement',
    sousTraitanceDeclaree: false,
    procedure: 'Procédure adaptée',
    lieuExecution: { code: '75056', typeCode: 'Code commune' },
    dureeMois: 12,
    dateNotification: '2026-01-15',
    datePublicationDonnees: '2026-02-01',
    montant: 84_500.5,
    typesPrix: { typePrix: ['Définitif ferme'] },
    formePrix: 'Forfaitaire',
    titulaires: [{ titulaire: { typeIdentifiant: 'SIRET', id: '73282932000074' } }],
    considerationsSociales: { considerationSociale: ['Clause sociale', 'Critère social'] },
    considerationsEnvironnementales: { considerationEnvironnementale: ['Clause environnementale'] },
    ...other,
  };
}

/** An invented concession that both layers keep. */
export function sampleConcession(number: number, other: Partial<Concession> = {}): Concession {
  return {
    id: `C-${number}`,
    autoriteConcedante: { id: '21750001600019' },
    nature: 'Délégation de service public',
    objet: 'Exploitation du réseau de chaleur',
    procedure: 'Procédure négociée ouverte',
    dureeMois: 240,
    dateSignature: '2026-01-15',
    datePublicationDonnees: '2026-02-01',
    dateDebutExecution: '2026-12-31',
    valeurGlobale: 12_000_000,
    montantSubventionPublique: 0,
    concessionnaires: [{ concessionnaire: { typeIdentifiant: 'SIRET', id: '73282932000074' } }],
    considerationsSociales: { considerationSociale: ['Pas de considération sociale'] },
    considerationsEnvironnementales: { considerationEnvironnementale: ['Critère environnemental'] },
    ...other,
  };
}
