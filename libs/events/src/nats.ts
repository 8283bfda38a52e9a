import { log } from '@jonction/service';
import { type ConnectionOptions, connect, jwtAuthenticator, type NatsConnection } from '@nats-io/transport-node';

/** How to reach `nats://<user's JWT>:<seed of its key>@host:port`; a server without users takes `nats://host:port`. */
export function natsOptions(url: string): ConnectionOptions {
  const { host, username: jwt, password: seed } = new URL(url);
  return { servers: host, ...(jwt && { authenticator: jwtAuthenticator(jwt, Buffer.from(seed)) }) };
}

/**
 * Connects, or throws within seconds. Once connected it never gives up: what a service cannot send or hear meanwhile waits
 * in PostgreSQL and in the stream.
 */
export async function connectNats(url: string, name: string): Promise<NatsConnection> {
  const nats = await connect({
    ...natsOptions(url),
    name,
    inboxPrefix: `_INBOX.${name}`,
    maxReconnectAttempts: -1,
    timeout: 5_000,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 5_000,
    ignoreAuthErrorAbort: true,
  });
  void follow(nats, name);
  return nats;
}

async function follow(nats: NatsConnection, name: string): Promise<void> {
  for await (const { type } of nats.status()) {
    if (type === 'disconnect' || type === 'reconnect') log.warn({ event: `nats ${type}`, connection: name });
  }
}
