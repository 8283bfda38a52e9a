import type { DocumentFacts, LotFacts, TenderFacts } from './events.ts';
import type { Document, Item, Lot, Sustainability, Tender, TenderStatus } from './release.ts';

/** The names of the procedures, those of the essential data where they have one. */
const PROCEDURES = {
  ADAPTED: 'Procédure adaptée',
  OPEN: "Appel d'offres ouvert",
  RESTRICTED: "Appel d'offres restreint",
  NEGOTIATED: 'Procédure avec négociation',
  COMPETITIVE_DIALOGUE: 'Dialogue compétitif',
  CONCESSION: 'Concession',
  WITHOUT_COMPETITION: 'Marché passé sans publicité ni mise en concurrence préalable',
} as const;

const CATEGORIES = { WORKS: 'works', SUPPLIES: 'goods', SERVICES: 'services', SOCIAL_SERVICES: 'services' } as const;

const STRATEGIES = {
  CLAUSE: 'contractPerformanceConditions',
  CRITERION: 'awardCriteria',
  RESERVED: 'reservedParticipation',
} as const;

/** As the eForms profile says BT-71. */
const RESERVED_FOR = {
  HANDICAP: 'shelteredWorkshop',
  INTEGRATION: 'shelteredWorkshop',
  SOCIAL_ECONOMY: 'publicServiceMissionOrganization',
} as const;

/**
 * All that is public of a consultation. What `before` said and is no more is taken away with null. A lot cannot be: one that is
 * planned no longer is withdrawn.
 */
export function tenderOf(facts: TenderFacts, id: string, before: Tender | undefined): Tender {
  const { summary, enquiriesUntil, social, environmental } = facts;
  const method = methodOf(facts);
  const description = summary ?? (before?.description === undefined ? undefined : null);
  const enquiriesEnd = enquiriesUntil?.toISOString() ?? (before?.enquiryPeriod ? null : undefined);
  const gone = before?.lots?.filter((lot) => !facts.lots.some(({ number }) => lot.id === String(number))) ?? [];
  return {
    id,
    title: facts.title,
    ...(description === undefined ? {} : { description }),
    ...(method === undefined && !before?.procurementMethod ? {} : { procurementMethod: method ?? null }),
    procurementMethodDetails: PROCEDURES[facts.procedure],
    mainProcurementCategory: CATEGORIES[facts.nature],
    tenderPeriod: { endDate: facts.deadline.toISOString() },
    ...(enquiriesEnd === undefined ? {} : { enquiryPeriod: { endDate: enquiriesEnd } }),
    contractPeriod: { durationInDays: daysIn(facts.durationMonths) },
    hasSustainability: social.length + environmental.length > 0,
    sustainability: sustainabilityOf(facts),
    lots: [
      ...facts.lots.map((lot) => lotOf(lot, before)),
      ...gone.map((lot) => ({ id: lot.id, status: 'withdrawn' as const })),
    ],
    items: facts.lots.map(itemOf),
  };
}

/** A tender whose lots stand as this one's, but for those without a status of their own and those that are withdrawn. */
export function withLots(tender: Tender, status: TenderStatus): Tender {
  return { ...tender, lots: tender.lots?.map((lot) => ({ status, ...lot })) ?? [] };
}

/** How the whole stands once one of its lots does as told; undefined while others are open. */
export function standing(tender: Tender, lot: string, status: TenderStatus): TenderStatus | undefined {
  const all = new Set(tender.lots?.map((other) => (other.id === lot ? status : other.status)));
  if (all.has('active')) return undefined;
  if (all.has('complete')) return 'complete';
  return all.has('unsuccessful') ? 'unsuccessful' : 'cancelled';
}

/** @NOTE As the national files in OCDS count: 39 months are 1,189 days. */
export const daysIn = (months: number): number => Math.floor(months * 30.5);

export function documentOf(facts: DocumentFacts, documentType: Document['documentType'], at: string): Document {
  return { ...facts, documentType, datePublished: at };
}

/**
 * Whether all could answer. A procédure adaptée is as open as it was made public; without competition it matters how many were
 * asked; a concession's name does not tell.
 */
function methodOf({ procedure, consulted }: TenderFacts): NonNullable<Tender['procurementMethod']> | undefined {
  switch (procedure) {
    case 'OPEN':
      return 'open';
    case 'ADAPTED':
      return consulted === undefined ? 'open' : 'selective';
    case 'WITHOUT_COMPETITION':
      return (consulted ?? 1) > 1 ? 'limited' : 'direct';
    case 'CONCESSION':
      return undefined;
    default:
      return 'selective';
  }
}

/** A list that later releases replace as one, and may not empty: that there is nothing is said in words. */
function sustainabilityOf({ social, environmental }: TenderFacts): Sustainability[] {
  const strategies = (of: TenderFacts['social']) => [...new Set(of.map((one) => STRATEGIES[one]))];
  const all: Sustainability[] = [
    ...(social.length > 0 ? [{ goal: 'social' as const, strategies: strategies(social) }] : []),
    ...(environmental.length > 0 ? [{ goal: 'environmental' as const, strategies: strategies(environmental) }] : []),
  ];
  return all.length > 0 ? all : [{ description: 'Pas de considération sociale ni environnementale' }];
}

function lotOf({ number, title, reservation }: LotFacts, before: Tender | undefined): Lot {
  const id = String(number);
  const wasReserved = before?.lots?.find((lot) => lot.id === id)?.otherRequirements !== undefined;
  if (reservation === undefined && !wasReserved) return { id, title };
  return { id, title, otherRequirements: { reservedParticipation: reservation ? [RESERVED_FOR[reservation]] : null } };
}

const itemOf = ({ number, title, cpvCode, placeCodes }: LotFacts): Item => ({
  id: String(number),
  description: title,
  classification: { scheme: 'CPV', id: cpvCode },
  deliveryAddresses: placeCodes.map((region) => ({ region })),
  relatedLot: String(number),
});
