import type { PlatformAddress } from '@jonction/stack';
import { asUser } from '../start/running.ts';
import { listPartners } from './account.ts';
import { restoreDurables } from './durables.ts';

/** Makes again the durables of partners that a stream lost; they begin anew, and partners know by `ce-id` what they had. */
export async function provisionPartners(servers: PlatformAddress, progress: (line: string) => void): Promise<void> {
  const partners = await asUser('system', servers, listPartners);
  if (partners.length === 0) return;
  const restored = await asUser('provisioner', servers, (nats) => restoreDurables(nats, partners));
  const what = restored.length > 0 ? `durable ${restored.join(', ')} made again` : 'up to date';
  progress(`partners: ${what}`);
}
