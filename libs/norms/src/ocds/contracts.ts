import { amendmentOf, type Context, type Said } from './context.ts';
import type { ProcessEvent } from './events.ts';
import { partyOf, referenceTo, suppliersOf } from './parties.ts';
import type { Award, Contract, Lot, Tag, Tender, Value } from './release.ts';
import { daysIn, standing } from './tender.ts';

type Of<Kind extends ProcessEvent['kind']> = Extract<ProcessEvent, { kind: Kind }>;

/** Pending until the contract is notified: the rejected may still go to the judge. */
export function awarded(event: Of<'awarded'>, context: Context): Said {
  const { tender, lot, id } = lotFor(event, context);
  if (lot.status !== 'active') throw new Error(`lot ${id} is awarded, and it is ${lot.status}`);
  const suppliers = suppliersOf(event.suppliers);
  return {
    tag: 'award',
    parties: suppliers,
    tender: lotBecomes('complete', id, tender),
    bids: { statistics: [{ id: `bids-${id}`, measure: 'bids', value: event.tendersReceived, relatedLot: id }] },
    awards: [
      {
        id: `award-${id}`,
        status: 'pending',
        date: event.decidedAt.toISOString(),
        ...(lot.title === undefined ? {} : { description: lot.title }),
        value: euros(event.amountCents),
        suppliers: suppliers.map(referenceTo),
        items: itemsOf(tender, id),
        relatedLots: [id],
      },
    ],
  };
}

/** A lot that comes to nothing, before its award or after. The consultation is given up only when none of its lots was awarded. */
export function closedWithoutContract(event: Of<'closedWithoutContract'>, context: Context): Said {
  const { tender, lot, id, award, contract } = lotFor(event, context);
  const status = event.as === 'UNSUCCESSFUL' ? 'unsuccessful' : 'cancelled';
  if (lot.status !== 'active' && lot.status !== 'complete')
    throw new Error(`lot ${id} is closed without a contract, and it is ${lot.status}`);
  const rationale = event.rationale === undefined ? {} : { rationale: event.rationale };
  const amendments = [amendmentOf(context, { relatedLots: [id], ...rationale })];
  const said = { ...lotBecomes(status, id, tender), amendments };
  const none: Award = {
    id: `award-${id}`,
    status: 'unsuccessful',
    date: event.decidedAt.toISOString(),
    relatedLots: [id],
  };
  const awards: Award[] = award ? [{ id: award.id, status: 'cancelled' }] : status === 'unsuccessful' ? [none] : [];
  return {
    tag: tagOf(said.status, award, contract),
    tender: said,
    ...(awards.length > 0 ? { awards } : {}),
    ...(contract ? { contracts: [{ ...idsOf(contract), status: 'terminated' }] } : {}),
  };
}

function tagOf(status: Tender['status'], award: Award | undefined, contract: Contract | undefined): Tag {
  if (contract) return 'contractTermination';
  if (award) return 'awardCancellation';
  return status === undefined || status === 'complete' ? 'tenderUpdate' : 'tenderCancellation';
}

/** Signed and received by its holder, the contract is in force: active, not pending. */
export function notified(event: Of<'notified'>, context: Context): Said {
  const { award, contract, id } = lotFor(event, context);
  if (award?.status !== 'pending' || contract)
    throw new Error(`the contract of lot ${id} is notified, and its award is ${award?.status ?? 'not known'}`);
  const { description, value, items } = award;
  const period = { startDate: event.notifiedAt.toISOString(), durationInDays: daysIn(event.durationMonths) };
  return {
    tag: 'contract',
    parties: context.known?.parties.filter((party) => award.suppliers?.some(({ id }) => id === party.id)) ?? [],
    awards: [{ id: award.id, status: 'active' }],
    contracts: [
      {
        ...{
          id: `contract-${id}`,
          awardID: award.id,
          status: 'active',
          dateSigned: event.signedAt.toISOString(),
          period,
        },
        ...{ ...(description ? { description } : {}), ...(value ? { value } : {}), ...(items ? { items } : {}) },
      },
    ],
  };
}

/** New holders are added to those of the award: a release cannot take one away, so the amendment says that they changed. */
export function modified(event: Of<'modified'>, context: Context): Said {
  const contract = activeContract(event, context);
  const { number, notifiedAt, amountCents, durationMonths, suppliers } = event.modification;
  const changed = [
    ...(amountCents === undefined ? [] : ['montant']),
    ...(durationMonths === undefined ? [] : ['durée']),
    ...(suppliers === undefined ? [] : ['titulaires']),
  ];
  const amendment = {
    ...amendmentOf(context, { id: `modification-${number}`, date: notifiedAt.toISOString() }),
    ...(changed.length > 0 ? { description: `Modification : ${changed.join(', ')}` } : {}),
  };
  const holders = suppliersOf(suppliers ?? []);
  return {
    tag: 'contractAmendment',
    parties: holders,
    ...(holders.length > 0 ? { awards: [{ id: contract.awardID, suppliers: holders.map(referenceTo) }] } : {}),
    contracts: [
      {
        ...idsOf(contract),
        ...(amountCents === undefined ? {} : { value: euros(amountCents) }),
        ...(durationMonths === undefined ? {} : { period: { durationInDays: daysIn(durationMonths) } }),
        amendments: [amendment],
      },
    ],
  };
}

export function subcontracted(event: Of<'subcontracted'>, context: Context): Said {
  const contract = activeContract(event, context);
  const subcontractor = partyOf(event.subcontractor, 'subcontractor');
  const subcontracts = [{ id: `${event.lot}-${event.number}`, subcontractor: referenceTo(subcontractor) }];
  return {
    tag: 'contractUpdate',
    parties: [subcontractor],
    awards: [{ id: contract.awardID, hasSubcontracting: true, subcontracting: { subcontracts } }],
    contracts: [idsOf(contract)],
  };
}

export function completed(event: Of<'completed'>, context: Context): Said {
  const contract = activeContract(event, context);
  return { tag: 'contractTermination', contracts: [{ ...idsOf(contract), status: 'terminated' }] };
}

/** What is known of the lot of an event, with its award and its contract where it has them. */
function lotFor({ kind, lot: number }: { kind: string; lot: number }, { known }: Context) {
  const id = String(number);
  const tender = known?.tender;
  const lot: Lot | undefined = tender?.lots?.find((one) => one.id === id);
  if (!tender || !lot) throw new Error(`${kind}: the consultation has no lot ${id}`);
  const award = known.awards?.find((one) => one.id === `award-${id}`);
  const contract = known.contracts?.find((one) => one.id === `contract-${id}`);
  return { id, tender, lot, award, contract };
}

function activeContract(event: { kind: string; lot: number }, context: Context): Contract {
  const { contract, id } = lotFor(event, context);
  if (contract?.status !== 'active')
    throw new Error(`${event.kind}: the contract of lot ${id} is ${contract?.status ?? 'not known'}`);
  return contract;
}

function lotBecomes(status: 'complete' | 'unsuccessful' | 'cancelled', id: string, tender: Tender): Tender {
  const whole = standing(tender, id, status);
  return { id: tender.id, ...(whole === undefined ? {} : { status: whole }), lots: [{ id, status }] };
}

const itemsOf = (tender: Tender, lot: string) => tender.items?.filter(({ relatedLot }) => relatedLot === lot) ?? [];
const idsOf = ({ id, awardID }: Contract) => ({ id, awardID });
/** @NOTE Exact up to 90 billion euros: a number is written with its cents as they are. */
const euros = (cents: bigint): Value => ({ amount: Number(cents) / 100, currency: 'EUR' });
