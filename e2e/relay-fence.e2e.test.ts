import { rmSync } from 'node:fs';
import { eventually, requestId, type TestPlatform, testPlatform } from '@jonction/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { expect, test } from 'vitest';
import { rebuildStream } from '../scripts/rebuild-stream.ts';
import { reconcileStream } from '../scripts/reconcile-stream.ts';

const CONTEXT = 'membership';

async function admit(platform: TestPlatform, name: string): Promise<void> {
  const { membership } = await platform.as('bfc-admin');
  const kind = 'ORGANIZATION_KIND_COMMUNE';
  await membership.admitMember({ requestId: requestId(), kind, name, departementCode: '21' });
}

const sent = (platform: TestPlatform) =>
  eventually(async () => {
    const rows = await platform.databases[CONTEXT]?.query('select from outbox where stream_seq is null');
    expect(rows).toHaveLength(0);
  });

test('a stream lost while the relay had nothing to send gets nothing new before it is rebuilt', async () => {
  await using platform = await testPlatform({ services: [CONTEXT] });
  await admit(platform, 'Agey');
  await sent(platform);
  await platform.nats.stop();
  rmSync(platform.nats.storeDir, { recursive: true });
  await platform.nats.start();
  await platform.nats.provision();

  const nats = await platform.nats.provisioner();
  // The relay is connected again: its wake-up call is heard, though nobody answers it.
  await eventually(() => expect(nats.request(`nudge.${CONTEXT}`, '', { timeout: 200 })).rejects.toThrow(/timeout/i));
  await admit(platform, 'Ahuy');
  const url = platform.databases[CONTEXT]?.relayUrl ?? '';
  const { streams } = await jetstreamManager(nats);
  for (let looks = 0; looks < 200; looks++) expect((await streams.info(CONTEXT)).state.last_seq).toBe(0);
  await rebuildStream(nats, url, CONTEXT);
  await sent(platform);
  expect(await reconcileStream(nats, url, CONTEXT)).toEqual({ compared: 6, waiting: 0, differences: [] });
});
