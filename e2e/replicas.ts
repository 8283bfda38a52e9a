import { join } from 'node:path';
import { environmentOf, freePort, ROOT, startService } from '@jonction/stack';
import type { ServiceName, TestPlatform } from '@jonction/testing';
import { inject } from 'vitest';

/** A second process of each service on the same databases, as a second replica would be. */
export async function replicasOf(platform: TestPlatform) {
  await using parts = new AsyncDisposableStack();
  const addresses: Record<string, string> = {};
  for (const [name, database] of Object.entries(platform.databases)) {
    const settings = {
      adminUrl: inject('adminUrl'),
      natsUrl: platform.nats.url,
      secret: inject('secret'),
      issuer: platform.issuer.issuer,
      grpcPort: await freePort(),
      database: database.name,
      documents: platform.documents,
      prefectureUrl: platform.prefectureUrl,
    };
    const env = { ...process.env, ...environmentOf(name, settings) };
    const logFile = join(platform.nats.storeDir, `../${name}-replica.log`);
    addresses[name] = parts.use(await startService({ root: ROOT, name, env, logFile })).address;
  }
  const started = parts.move();
  return { address: (name: ServiceName) => addresses[name] ?? '', [Symbol.asyncDispose]: () => started.disposeAsync() };
}
