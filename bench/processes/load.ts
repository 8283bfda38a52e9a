import { ConsultationServiceDefinition, type CreateConsultationRequest } from '@jonction/contracts';
import { type CallerOptions, connectTo } from '@jonction/contracts/client';
import { answer } from '../child.ts';
import { quantile } from '../rounds.ts';
import { floorDefinition } from './wire.ts';

export interface Load {
  what: 'echo' | 'flush' | 'command';
  address: string;
  memberId: string;
  caller: CallerOptions;
  inFlight: number;
  seconds: number;
}

export interface Loaded {
  perSecond: number;
  p50: number;
  p99: number;
}

// The load generator: one client, that keeps some calls in flight. Connections are kept from one task to the next.
const clients = new Map<string, (request: CreateConsultationRequest) => Promise<unknown>>();
let drawn = 0;

function clientOf({ what, address, caller }: Load) {
  const known = clients.get(`${what} ${address}`);
  if (known) return known;
  const floor = () => connectTo(floorDefinition, address);
  const call =
    what === 'echo'
      ? floor().echo
      : what === 'flush'
        ? floor().create
        : connectTo(ConsultationServiceDefinition, address, caller).createConsultation;
  clients.set(`${what} ${address}`, call);
  return call;
}

/** About 200 bytes on the wire. */
function requestOf(memberId: string): CreateConsultationRequest {
  return {
    requestId: `bench-${process.pid}-${Date.now().toString(36)}-${++drawn}`,
    memberId,
    title: 'Réfection de la toiture et de la charpente de l’école élémentaire Jules Ferry, lot unique, avec variantes',
    deadline: new Date(Date.now() + 30 * 86_400_000),
    terms: undefined,
  };
}

async function unary(load: Load): Promise<Loaded> {
  const call = clientOf(load);
  const times: number[] = [];
  const startedAt = performance.now();
  const end = startedAt + load.seconds * 1_000;
  const one = async () => {
    while (performance.now() < end) {
      const at = performance.now();
      await call(requestOf(load.memberId));
      times.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: load.inFlight }, one));
  const perSecond = times.length / ((performance.now() - startedAt) / 1_000);
  times.sort((a, b) => a - b);
  return { perSecond, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

export interface BulkLoad {
  address: string;
  memberId: string;
  caller: CallerOptions;
  items: number;
}

/** Sends a stream of drafts and takes their receipts. Gives drafts a second, and their ids. */
async function bulk({ address, memberId, caller, items }: BulkLoad) {
  using procurement = connectTo(ConsultationServiceDefinition, address, { ...caller, deadlineMs: 120_000 });
  const ids: string[] = [];
  const startedAt = performance.now();
  async function* drafts() {
    for (let at = 0; at < items; at++) yield { consultation: requestOf(memberId) };
  }
  for await (const { outcome } of procurement.createConsultations(drafts())) {
    if (outcome?.$case !== 'created') throw new Error(`a draft was refused: ${outcome?.value.messageEn}`);
    ids.push(outcome.value.consultation?.consultationId ?? '');
  }
  return { perSecond: items / ((performance.now() - startedAt) / 1_000), ids };
}

export interface SteadyLoad {
  address: string;
  caller: CallerOptions;
  ids: string[];
  perSecond: number;
}

/** Publishes drafts at a steady rate, whether or not the answers keep up. Gives how late the last one was sent, in ms. */
async function publish({ address, caller, ids, perSecond }: SteadyLoad): Promise<number> {
  using procurement = connectTo(ConsultationServiceDefinition, address, caller);
  const startedAt = performance.now();
  const sent: Promise<unknown>[] = [];
  while (sent.length < ids.length) {
    const due = Math.min(ids.length, Math.floor(((performance.now() - startedAt) / 1_000) * perSecond));
    for (const consultationId of ids.slice(sent.length, due))
      sent.push(procurement.publishConsultation({ requestId: `publish-${consultationId}`, consultationId }));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const late = performance.now() - startedAt - (ids.length / perSecond) * 1_000;
  await Promise.all(sent);
  return late;
}

answer({ unary, bulk, publish });
