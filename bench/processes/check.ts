import { IdentityServiceDefinition } from '@jonction/contracts';
import { type CallerOptions, connectTo } from '@jonction/contracts/client';
import { answer } from '../child.ts';
import { quantile } from '../rounds.ts';
import { floorDefinition } from './wire.ts';

export interface Checks {
  what: 'echo' | 'check';
  address: string;
  caller: CallerOptions;
  subject: string;
  inFlight: number;
  seconds: number;
}

export interface Checked {
  perSecond: number;
  p99: number;
}

// Asks whether somebody may, or for an echo of 200 bytes, and keeps some calls in flight. Connections are kept.
const clients = new Map<string, () => Promise<unknown>>();

function askerOf({ what, address, caller, subject }: Checks): () => Promise<unknown> {
  const known = clients.get(address);
  if (known) return known;
  const asker = what === 'echo' ? echo(address) : check(address, caller, subject);
  clients.set(address, asker);
  return asker;
}

function echo(address: string): () => Promise<unknown> {
  const floor = connectTo(floorDefinition, address);
  const title =
    'Réfection de la toiture et de la charpente de l’école élémentaire Jules Ferry, lot unique, avec variantes';
  const memberId = '0199a3c2-0000-7000-8000-000000000001';
  return () => floor.echo({ requestId: 'bench', memberId, title, deadline: new Date() });
}

function check(address: string, caller: CallerOptions, subject: string): () => Promise<unknown> {
  const identity = connectTo(IdentityServiceDefinition, address, caller);
  return async () => {
    const { allowed } = await identity.checkEntitlement({ subject, right: 'procurement.publish' });
    if (!allowed) throw new Error('an answer of the bench was a no');
  };
}

answer({
  async check(checks: Checks): Promise<Checked> {
    const ask = askerOf(checks);
    const times: number[] = [];
    const startedAt = performance.now();
    const end = startedAt + checks.seconds * 1_000;
    const one = async () => {
      while (performance.now() < end) {
        const at = performance.now();
        await ask();
        times.push(performance.now() - at);
      }
    };
    await Promise.all(Array.from({ length: checks.inFlight }, one));
    const perSecond = times.length / ((performance.now() - startedAt) / 1_000);
    return {
      perSecond,
      p99: quantile(
        times.toSorted((a, b) => a - b),
        0.99,
      ),
    };
  },
});
