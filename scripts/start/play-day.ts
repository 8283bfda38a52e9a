import { randomBytes, randomUUID } from 'node:crypto';
import {
  ConsultationServiceDefinition,
  MembershipServiceDefinition,
  ShelfServiceDefinition,
  type ShelfStatus,
} from '@jonction/contracts';
import { CallError, connectTo } from '@jonction/service';

export interface DayOptions {
  /** `127.0.0.1:50051`, by service. */
  grpc: Record<string, string>;
  consoleUrl: string;
  tokenFor(subject: string): Promise<string>;
  progress(line: string): void;
}

const WITHIN_MS = 15_000;
const HOUR_MS = 3_600_000;

/** A short day of one commune: an agent gets a right, a consultation is published, extended and closed, its shelf follows. One trace. */
export async function playDay({ grpc, consoleUrl, tokenFor, progress }: DayOptions): Promise<void> {
  const traceId = randomBytes(16).toString('hex');
  const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-01`;
  const as = async (subject: string) => ({ token: await tokenFor(subject), operator: 'bfc', traceparent });
  const administrator = await as('bfc-admin');
  using membership = connectTo(MembershipServiceDefinition, grpc.membership ?? '', administrator);
  const { members } = await membership.listMembers({
    kind: 'ORGANIZATION_KIND_COMMUNE',
    pageSize: 1,
  });
  const [buyer] = members;
  if (!buyer) throw new Error('the roster is not loaded: no commune to play the day with');
  const requestId = () => randomUUID();
  const { memberId } = buyer;
  const subject = `buyer-${randomBytes(4).toString('hex')}`;
  const { agent } = await membership.enrolAgent({
    requestId: requestId(),
    memberId,
    subject,
    displayName: 'Agent of the day',
  });
  await membership.grantEntitlement({ requestId: requestId(), agentId: agent?.agentId ?? '', role: 'ROLE_BUYER' });
  progress(`membership: ${buyer.name} has an agent, ${subject}, who may buy for it`);

  const agentCalls = await as(subject);
  using procurement = connectTo(ConsultationServiceDefinition, grpc.procurement ?? '', agentCalls);
  using library = connectTo(ShelfServiceDefinition, grpc['dce-library'] ?? '', agentCalls);
  const draft = {
    requestId: requestId(),
    memberId,
    title: 'Réfection de la toiture de la mairie',
    deadline: new Date(Date.now() + HOUR_MS),
  };
  // procurement hears of the right a moment later: until then it refuses.
  const { consultation } = await until(() => procurement.createConsultation(draft));
  const consultationId = consultation?.consultationId ?? '';
  await procurement.publishConsultation({ requestId: requestId(), consultationId });
  progress(`procurement: "${draft.title}" is published, tenders until ${draft.deadline.toISOString()}`);
  await shelfIs(library, consultationId, 'SHELF_STATUS_OPEN', 1);
  progress('dce-library: its shelf is open');
  const deadline = new Date(Date.now() + 2 * HOUR_MS);
  await procurement.extendConsultation({ requestId: requestId(), consultationId, deadline });
  await shelfIs(library, consultationId, 'SHELF_STATUS_OPEN', 2);
  progress(`procurement: the deadline is extended to ${deadline.toISOString()}, and the shelf stays open`);
  await procurement.closeConsultation({ requestId: requestId(), consultationId });
  await shelfIs(library, consultationId, 'SHELF_STATUS_CLOSED', 3);
  progress('procurement: the consultation is closed, and so is its shelf in dce-library');
  progress(`the whole way in one trace: ${consoleUrl}/trace/${traceId}`);
}

type Library = {
  getShelf(request: {
    consultationId: string;
  }): Promise<{ shelf: { status: ShelfStatus; revision: number } | undefined }>;
};

async function shelfIs(library: Library, consultationId: string, status: ShelfStatus, revision: number): Promise<void> {
  await until(async () => {
    const { shelf } = await library.getShelf({ consultationId });
    if (shelf?.status !== status || shelf.revision !== revision)
      throw new Error(`the shelf is ${shelf?.status}, change ${shelf?.revision}`);
  });
}

/** Asks again while the answer is one that time mends: heard of a moment later. */
async function until<T>(ask: () => Promise<T>): Promise<T> {
  const end = performance.now() + WITHIN_MS;
  while (true) {
    try {
      return await ask();
    } catch (error) {
      const hopeless =
        error instanceof CallError &&
        !['NOT_ENROLLED', 'RIGHT_MISSING', 'NOT_A_MEMBER', 'NOT_FOUND'].includes(error.reason);
      if (hopeless || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
