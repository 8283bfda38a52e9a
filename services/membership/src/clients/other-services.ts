import {
  ActServiceDefinition,
  ConsultationServiceDefinition,
  type Running,
  ShelfServiceDefinition,
} from '@jonction/contracts';
import { type CallerOptions, connectTo } from '@jonction/contracts/client';

interface Asked {
  memberIds: string[];
  limit: number;
}

/** Another service that can be asked what runs there for some members. */
export interface OtherService {
  /** In snake_case, such as `dce_library`. */
  name: string;
  listRunning(request: Asked, options: CallerOptions): Promise<{ running: Running[] }>;
}

/** Where the others are, `host:port`. */
export interface Addresses {
  PROCUREMENT_ADDRESS: string;
  TELETRANSMISSION_ADDRESS: string;
  DCE_LIBRARY_ADDRESS: string;
}

/** All services in which something may run for a member. Nobody is called before something is asked. */
export function otherServices(addresses: Addresses): { all: OtherService[] } & Disposable {
  const procurement = connectTo(ConsultationServiceDefinition, addresses.PROCUREMENT_ADDRESS);
  const teletransmission = connectTo(ActServiceDefinition, addresses.TELETRANSMISSION_ADDRESS);
  const library = connectTo(ShelfServiceDefinition, addresses.DCE_LIBRARY_ADDRESS);
  return {
    all: [
      { name: 'procurement', listRunning: procurement.listRunning },
      { name: 'teletransmission', listRunning: teletransmission.listRunning },
      { name: 'dce_library', listRunning: library.listRunning },
    ],
    [Symbol.dispose]() {
      for (const client of [procurement, teletransmission, library]) client[Symbol.dispose]();
    },
  };
}
