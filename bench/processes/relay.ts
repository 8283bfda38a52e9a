import { connectNats, startRelay } from '@jonction/events';
import { openDatabase } from '@jonction/service';
import { answer } from '../child.ts';

export interface RelaySettings {
  appUrl: string;
  relayUrl: string;
  natsUrl: string;
  context: string;
}

// A service's relay and nothing else of the service.
let running: AsyncDisposable | undefined;
let relayOn: () => AsyncDisposable;

async function prepare({ appUrl, relayUrl, natsUrl, context }: RelaySettings): Promise<void> {
  const database = await openDatabase({ url: appUrl, entities: [] });
  const nats = await connectNats(natsUrl, context);
  relayOn = () => startRelay(database, nats, { url: relayUrl, context });
}

function start(): void {
  running = relayOn();
}

async function stop(): Promise<void> {
  await running?.[Symbol.asyncDispose]();
}

answer({ prepare, start, stop });
