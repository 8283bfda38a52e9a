import type { EssentialData, ModificationFacts, Operator, Process, ProcessEvent, TenderFacts } from './events.ts';
import type { Amendment, Award, Contract, Item, Party, Reference, Release, Tag, Tender, Value } from './release.ts';

/** @NOTE Invented: it is replaced by the one that the Open Contracting Partnership gives, before anything is published. */
export const INVENTED_PREFIX = 'ocds-jnctn0';

/** What an event says beside what all releases of its process say. `releaseID` is its own, `before` that of the release before it. */
type Said = { tag: Tag; parties?: Party[]; tender?: Tender; awards?: Award[]; contracts?: Contract[] };
type Place = { ocid: string; releaseID: string; before: string | undefined; at: string };

/**
 * The releases of a process, one an event. Events are only ever added, so are releases: one that is out never changes.
 * Throws for a prefix that is none, or an event that became public before the one before it.
 */
export function releasesOf(process: Process, events: ProcessEvent[]): Release[] {
  if (!/^ocds-[a-z0-9]{6}$/.test(process.prefix))
    throw new Error(`${process.prefix} is no prefix: ocds- and six letters or digits`);
  const ocid = `${process.prefix}-${process.id}`;
  const buyer = partyOf({ typeIdentifiant: 'SIRET', id: process.buyer.siret }, 'buyer', process.buyer.name);
  return events.map((event, index) => {
    const last = events[index - 1];
    if (last && Date.parse(last.at) > Date.parse(event.at))
      throw new Error('events are given in the order in which they became public');
    const releaseID = `${ocid}-${index + 1}`;
    const place = { ocid, releaseID, before: index > 0 ? `${ocid}-${index}` : undefined, at: event.at };
    const { tag, parties = [], ...said } = saidBy(event, place);
    return {
      ocid,
      id: releaseID,
      date: event.at,
      language: 'fr',
      tag: [tag],
      initiationType: 'tender',
      parties: [buyer, ...parties].reduce(joined, []),
      buyer: referenceTo(buyer),
      ...said,
    };
  });
}

function saidBy(event: ProcessEvent, place: Place): Said {
  const { ocid, at } = place;
  switch (event.kind) {
    case 'planned':
      return { tag: 'planning', tender: { ...tenderOf(event.tender, ocid), status: 'planned' } };
    case 'published':
      return { tag: 'tender', tender: opened(tenderOf(event.tender, ocid), at) };
    case 'rectified': {
      const amendment = { ...amendmentOf(place, `amendment-${place.releaseID}`), rationale: event.rationale };
      return {
        tag: 'tenderAmendment',
        tender: { ...tenderOf(event.tender, ocid), status: 'active', amendments: [amendment] },
      };
    }
    case 'answered': {
      const document = { ...event.document, documentType: 'clarifications', datePublished: at };
      return { tag: 'tenderUpdate', tender: { id: ocid, documents: [document] } };
    }
    case 'abandoned': {
      const amendment = {
        ...amendmentOf(place, `amendment-${place.releaseID}`),
        ...present({ rationale: event.rationale }),
      };
      return { tag: 'tenderCancellation', tender: { id: ocid, status: event.as, amendments: [amendment] } };
    }
    case 'awarded':
      return {
        tag: 'award',
        parties: suppliersOf(event.contract),
        tender: { id: ocid, status: 'complete' },
        awards: [awardOf(event.contract)],
      };
    case 'notified':
      return {
        tag: 'contract',
        parties: suppliersOf(event.contract),
        awards: [awardOf(event.contract)],
        contracts: [contractOf(event.contract)],
      };
    case 'modified':
      return modified(event.contract, event.modification, place);
    case 'subcontracted':
      return {
        tag: 'contractUpdate',
        parties: [partyOf(event.subcontractor, 'subcontractor')],
        contracts: [idsOf(event.contract)],
      };
    case 'ended':
      return { tag: 'contractTermination', contracts: [{ ...idsOf(event.contract), status: 'terminated' }] };
  }
}

/** @NOTE The id of the tender is that of the process: a process has one. */
function tenderOf(facts: TenderFacts, ocid: string): Tender {
  return {
    id: ocid,
    title: facts.title,
    procurementMethod: methodOf(facts),
    procurementMethodDetails: facts.procedure,
    mainProcurementCategory: categoryOf(facts.codeCPV),
    tenderPeriod: { endDate: facts.deadline },
    items: [itemOf(facts.codeCPV, facts.title)],
    ...present({
      description: facts.description,
      value: facts.estimate === undefined ? undefined : euros(facts.estimate),
      enquiryPeriod: facts.enquiriesUntil === undefined ? undefined : { endDate: facts.enquiriesUntil },
    }),
  };
}

function opened(tender: Tender, at: string): Tender {
  return { ...tender, status: 'active', tenderPeriod: { startDate: at, ...tender.tenderPeriod } };
}

/** A procédure adaptée is as open as it was made public; without publicity it matters how many were asked. */
function methodOf({ procedure, publicised, consulted }: TenderFacts): NonNullable<Tender['procurementMethod']> {
  switch (procedure) {
    case "Appel d'offres ouvert":
      return 'open';
    case 'Procédure adaptée':
      return publicised ? 'open' : 'selective';
    case 'Marché passé sans publicité ni mise en concurrence préalable':
      return (consulted ?? 1) > 1 ? 'limited' : 'direct';
    default:
      return 'selective';
  }
}

/** By the division of the CPV: 45 works, 50 to 98 services, the others (48, software, among them) goods. */
export function categoryOf(codeCPV: string): NonNullable<Tender['mainProcurementCategory']> {
  const division = Number(codeCPV.slice(0, 2));
  if (division === 45) return 'works';
  return division >= 50 ? 'services' : 'goods';
}

function awardOf(contract: EssentialData): Award {
  return {
    id: idsOf(contract).awardID,
    status: 'active',
    date: midnight(contract.dateNotification),
    description: contract.objet,
    value: euros(contract.montant),
    suppliers: suppliersOf(contract).map(referenceTo),
    items: [itemOf(contract.codeCPV, contract.objet)],
    contractPeriod: { durationInDays: daysIn(contract.dureeMois) },
  };
}

/** Notified, a contract is in force: active, not pending. */
function contractOf(contract: EssentialData): Contract {
  return {
    ...idsOf(contract),
    status: 'active',
    dateSigned: midnight(contract.dateNotification),
    description: contract.objet,
    value: euros(contract.montant),
    items: [itemOf(contract.codeCPV, contract.objet)],
    period: { durationInDays: daysIn(contract.dureeMois) },
  };
}

/** New holders are added to those of the award: a release cannot take one away, so the amendment says that they changed. */
function modified(contract: EssentialData, modification: ModificationFacts, place: Place): Said {
  const { id, montant, dureeMois, titulaires } = modification;
  const changed = [
    ...(montant === undefined ? [] : ['montant']),
    ...(dureeMois === undefined ? [] : ['durée']),
    ...(titulaires === undefined ? [] : ['titulaires']),
  ];
  const amendment = {
    ...amendmentOf(place, `modification-${id}`),
    date: midnight(modification.dateNotificationModification),
    ...present({ description: changed.length > 0 ? `Modification : ${changed.join(', ')}` : undefined }),
  };
  const suppliers = titulaires === undefined ? [] : suppliersOf({ titulaires });
  const ids = idsOf(contract);
  return {
    tag: 'contractAmendment',
    parties: suppliers,
    ...(suppliers.length > 0 ? { awards: [{ id: ids.awardID, suppliers: suppliers.map(referenceTo) }] } : {}),
    contracts: [
      {
        ...ids,
        ...present({
          value: montant === undefined ? undefined : euros(montant),
          period: dureeMois === undefined ? undefined : { durationInDays: daysIn(dureeMois) },
        }),
        amendments: [amendment],
      },
    ],
  };
}

const idsOf = ({ id }: EssentialData) => ({ id: `contract-${id}`, awardID: `award-${id}` });
const euros = (amount: number): Value => ({ amount, currency: 'EUR' });
const midnight = (day: string) => `${day}T00:00:00Z`;
/** As the national files in OCDS count: 39 months are 1,189 days. */
const daysIn = (months: number) => Math.floor(months * 30.5);
const itemOf = (codeCPV: string, description: string): Item => ({
  id: '1',
  description,
  classification: { scheme: 'CPV', id: codeCPV },
});

function amendmentOf({ releaseID, before, at }: Place, id: string): Amendment {
  return { id, date: at, releaseID, ...present({ amendsReleaseID: before }) };
}

/** Each holder once, though the essential data should name it twice. */
function suppliersOf({ titulaires }: Pick<EssentialData, 'titulaires'>): Party[] {
  return titulaires.map(({ titulaire }) => partyOf(titulaire, 'supplier')).reduce(joined, []);
}

/** FR-RCS is the scheme of the national files for a SIRET, so that parties are the same there and here. */
function partyOf({ typeIdentifiant, id }: Operator, role: Party['roles'][number], name?: string): Party {
  const scheme = typeIdentifiant === 'SIRET' ? 'FR-RCS' : typeIdentifiant;
  return { id: `${scheme}-${id}`, ...present({ name }), identifier: { scheme, id }, roles: [role] };
}

/** A party that has two roles stands once. */
function joined(parties: Party[], one: Party): Party[] {
  const known = parties.find(({ id }) => id === one.id);
  if (!known) return [...parties, one];
  const both = { ...known, roles: [...new Set([...known.roles, ...one.roles])] };
  return parties.map((party) => (party === known ? both : party));
}

const referenceTo = ({ id, name }: Party): Reference => ({ id, ...present({ name }) });

/** Without what is not known. */
function present<T extends object>(facts: T): { [Field in keyof T]?: NonNullable<T[Field]> } {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as never;
}
