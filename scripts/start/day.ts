import { MembershipServiceDefinition } from '@jonction/contracts';
import { connectTo } from '@jonction/contracts/client';
import type { Progress } from '@jonction/stack';
import { newcomers, type RosterEntry, roster } from '../roster.ts';
import { transmit, wasTransmitted } from './day/act.ts';
import { join, revoke } from './day/member.ts';
import { eventually, OPERATOR, type Scene, startTrace } from './day/scene.ts';
import { tender } from './day/tender.ts';
import { hear } from './day/vendor.ts';
import type { Callers } from './members.ts';

/** What it takes to play a day: who calls, where to say what happened, where spans go, and what a vendor needs. */
export type Stage = Callers & { say: Progress; consoleUrl: string; directory: string; natsUrl: string };

/** True when a day was played to its end before, on this data. */
export async function wasPlayed({ tokenOf, addressOf }: Callers): Promise<boolean> {
  const administrator = { token: await tokenOf(`${OPERATOR}-admin`), operator: OPERATOR };
  return eventually(`teletransmission to know the administrator of ${OPERATOR}`, () =>
    wasTransmitted(addressOf('teletransmission'), administrator),
  );
}

/**
 * Plays a day: a commune joins and its agent gets rights; it publishes, extends and closes a consultation, and suppliers
 * see the shelf follow; a vendor hears of it; it teletransmits a deliberation, which becomes enforceable; a right is
 * taken back and the next command is refused. Each step is one line; all are one trace. Returns the trace's id. Throws when a step has not its
 * effect in time.
 */
export async function playDay(stage: Stage): Promise<string> {
  const callerOf = async (who: string) => ({ token: await stage.tokenOf(who), operator: OPERATOR });
  const administrator = await callerOf(`${OPERATOR}-admin`);
  const commune = await nextToJoin(stage.addressOf('membership'), administrator);
  const subject = `agent-${commune.inseeCode}`;
  const trace = startTrace();
  const scene: Scene = {
    ...stage,
    commune,
    subject,
    administrator,
    agent: await callerOf(subject),
    traced: { traceparent: trace.parent },
  };
  await join(scene);
  const consultationId = await tender(scene);
  await hear(scene, consultationId);
  await transmit(scene);
  await revoke(scene);
  await trace.end(stage.consoleUrl, `a day in ${commune.name}`);
  return trace.id;
}

/** Each day the next of those who may still join: as many as have joined since the roster was loaded are passed over. */
async function nextToJoin(address: string, administrator: Scene['administrator']): Promise<RosterEntry> {
  using membership = connectTo(MembershipServiceDefinition, address, administrator);
  const { totalSize } = await membership.listMembers({ pageSize: 1 });
  const before = roster().filter(({ operator }) => operator === OPERATOR).length;
  const commune = newcomers(OPERATOR)[totalSize - before];
  if (!commune) throw new Error('no commune is left that could join');
  return commune;
}
