import { compiled } from './compile.ts';
import type { Context } from './context.ts';
import type { Process, ProcessEvent } from './events.ts';
import { joined, partyOf, referenceTo, withRolesOf } from './parties.ts';
import type { Release } from './release.ts';
import { saidOf } from './said.ts';

/** @NOTE Invented: it is replaced by the one that the Open Contracting Partnership gives, before anything is published. */
export const INVENTED_PREFIX = 'ocds-jnctn0';

/** Nothing that changes: neither what is bought, nor a number of the buyer, nor the buyer. */
export function ocidOf({ prefix, id }: Process): string {
  if (!/^ocds-[a-z0-9]{6}$/.test(prefix)) throw new Error(`${prefix} is no prefix: ocds- and six letters or digits`);
  return `${prefix}-${id}`;
}

/** How far a process is: how many releases are out, and what they say together (`compiled`); nothing for the first. */
export interface Known {
  count: number;
  compiled: Release;
}

/**
 * The release of an event. It says what the event changes, and depends on nothing that comes after. Throws for a prefix that is
 * none, an event that became public before the one before it, and one that cannot follow.
 */
export function nextRelease(process: Process, known: Known | undefined, event: ProcessEvent): Release {
  const ocid = ocidOf(process);
  if (known && Date.parse(known.compiled.date) > event.at.getTime())
    throw new Error('events are given in the order in which they became public');
  const count = known?.count ?? 0;
  const context: Context = {
    ...{ ocid, releaseID: `${ocid}-${count + 1}`, at: event.at.toISOString(), known: known?.compiled },
    ...(count > 0 ? { before: `${ocid}-${count}` } : {}),
  };
  const { tag, parties = [], ...said } = saidOf(event, context);
  const buyer = partyOf({ typeIdentifiant: 'SIRET', id: process.buyer.siret }, 'buyer', process.buyer.name);
  return {
    ocid,
    id: context.releaseID,
    date: context.at,
    language: 'fr',
    tag: [tag],
    initiationType: 'tender',
    parties: [buyer, ...parties].reduce(joined, []).map((party) => withRolesOf(known?.compiled.parties, party)),
    buyer: referenceTo(buyer),
    ...said,
  };
}

/** The releases of a process, one an event. Events are only ever added, so are releases: one that is out never changes. */
export function releasesOf(process: Process, events: ProcessEvent[]): Release[] {
  const releases: Release[] = [];
  let known: Known | undefined;
  for (const event of events) {
    const release = nextRelease(process, known, event);
    releases.push(release);
    known = { count: releases.length, compiled: compiled(known ? [known.compiled, release] : [release]) };
  }
  return releases;
}
