import { log } from '@jonction/service';
import { connect, type NatsConnection } from '@nats-io/transport-node';

/**
 * Connects, or throws within seconds. Once connected it never gives up: what a service cannot send or hear meanwhile waits
 * in PostgreSQL and in the stream.
 */
export async function connectNats(url: string, name: string): Promise<NatsConnection> {
  const { host, username, password } = new URL(url);
  const nats = await connect({
    servers: host,
    name,
    user: decodeURIComponent(username),
    pass: decodeURIComponent(password),
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
