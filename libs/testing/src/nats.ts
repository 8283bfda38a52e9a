import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectNats } from '@jonction/events';
import {
  freePort,
  type Nats,
  natsUrlFor,
  operatorMode,
  provisionStreams,
  type Speaker,
  speakers,
  startNats,
} from '@jonction/stack';
import type { NatsConnection } from '@nats-io/transport-node';
import { GenericContainer, Wait } from 'testcontainers';
import { inject } from 'vitest';

export type TestNats = Nats & {
  /** The address for one user, with its credentials. */
  urlOf(user: string): string;
  /** A connection as the provisioner, who may do everything. Closed with the server. */
  provisioner(): Promise<NatsConnection>;
  /** Makes the streams and durables of all services, as `npm run provision` does. */
  provision(): Promise<void>;
  /** What the server wrote down; nothing from a container. */
  log(): string;
};

/** A nats-server of one's own, with the users and permissions of the platform, streams included; `more` is told to the server. */
export async function testNats(more: Record<string, unknown> = {}): Promise<TestNats> {
  const services = await speakers();
  const dir = mkdtempSync(join(tmpdir(), 'jonction-nats-'));
  const inContainer = process.env.TEST_STACK === 'containers';
  const server = inContainer ? await contained() : await local(dir, services, more);
  const urlOf = (user: string) => natsUrlFor(server.url, user, inject('secret'));
  const open: NatsConnection[] = [];
  const provisioner = async () => {
    const nats = await connectNats(urlOf('provisioner'), 'provisioner');
    open.push(nats);
    return nats;
  };
  const provision = async () => {
    const nats = await connectNats(urlOf('provisioner'), 'provisioner');
    await provisionStreams(nats, services);
    await nats.close();
  };
  await provision();
  return {
    ...Object.defineProperties({} as Nats, Object.getOwnPropertyDescriptors(server)),
    urlOf,
    provisioner,
    provision,
    log: () => (inContainer ? '' : readFileSync(join(dir, 'nats.log'), 'utf8')),
    async [Symbol.asyncDispose]() {
      for (const nats of open) await nats.close();
      await server[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function local(dir: string, services: Speaker[], more: Record<string, unknown>): Promise<Nats> {
  return startNats({
    dir,
    port: await freePort(),
    logFile: join(dir, 'nats.log'),
    binary: inject('natsBinary'),
    configuration: { ...operatorMode(inject('secret'), services, join(dir, 'accounts')), ...more },
  });
}

/** The server of a container engine: without users, for it is thrown away, and it cannot be killed from here. */
async function contained(): Promise<Nats> {
  const container = await new GenericContainer('nats:2.15')
    .withCommand(['-js'])
    .withExposedPorts(4222)
    .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
    .start();
  const unsupported = () =>
    Promise.reject(new Error('a nats-server in a container is not killed by tests: run them without TEST_STACK'));
  const port = container.getMappedPort(4222);
  return {
    url: `nats://${container.getHost()}:${port}`,
    port,
    storeDir: '',
    pid: undefined,
    kill9: unsupported,
    start: unsupported,
    stop: unsupported,
    restart: unsupported,
    [Symbol.asyncDispose]: async () => void (await container.stop()),
  };
}
