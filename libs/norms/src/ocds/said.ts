import { amendmentOf, type Context, type Said } from './context.ts';
import { awarded, closedWithoutContract, completed, modified, notified, subcontracted } from './contracts.ts';
import type { ProcessEvent } from './events.ts';
import { documentOf, tenderOf, withLots } from './tender.ts';

export function saidOf(event: ProcessEvent, context: Context): Said {
  const { ocid, at, known } = context;
  const isPublic = known?.tender?.status !== undefined && known.tender.status !== 'planned';
  if (isPublic === (event.kind === 'planned' || event.kind === 'published'))
    throw new Error(isPublic ? `what is public is not ${event.kind} again` : `${event.kind} before it was published`);
  switch (event.kind) {
    case 'planned': {
      const tender = withLots(tenderOf(event.tender, ocid, known?.tender), 'planned');
      return { tag: known ? 'planningUpdate' : 'planning', tender: { ...tender, status: 'planned' } };
    }
    case 'published': {
      const tender = withLots(tenderOf(event.tender, ocid, known?.tender), 'active');
      const tenderPeriod = { startDate: at, endDate: event.tender.deadline.toISOString() };
      const documents = event.documents?.map((document) => documentOf(document, 'biddingDocuments', at));
      return {
        tag: 'tender',
        tender: { ...tender, status: 'active', tenderPeriod, ...(documents ? { documents } : {}) },
      };
    }
    case 'rectified': {
      const amendment = amendmentOf(context, { description: `Champs modifiés : ${event.changedFields.join(', ')}` });
      const tender = tenderOf(event.tender, ocid, known?.tender);
      return { tag: 'tenderAmendment', tender: { ...tender, amendments: [amendment] } };
    }
    case 'answered':
      return {
        tag: 'tenderUpdate',
        tender: { id: ocid, documents: [documentOf(event.document, 'clarifications', at)] },
      };
    // Nothing of what the tenders say: only that they are read from now on.
    case 'opened':
      return { tag: 'tenderUpdate', tender: { id: ocid, awardPeriod: { startDate: event.openedAt.toISOString() } } };
    case 'awarded':
      return awarded(event, context);
    case 'closedWithoutContract':
      return closedWithoutContract(event, context);
    case 'notified':
      return notified(event, context);
    case 'modified':
      return modified(event, context);
    case 'subcontracted':
      return subcontracted(event, context);
    case 'completed':
      return completed(event, context);
  }
}
