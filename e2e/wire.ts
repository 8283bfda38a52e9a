import * as grpc from '@grpc/grpc-js';
import { CallError } from '@jonction/contracts/client';
import { definitions, type ServiceName, type TestPlatform } from '@jonction/testing';

export interface WireOptions {
  /** Metadata by name. */
  metadata?: Record<string, string | Buffer>;
  /** No deadline is sent when it is Infinity. */
  deadlineMs?: number;
}

export interface Wire extends Disposable {
  /** The answer's bytes as they came. Rejects with a CallError. */
  unary(path: string, request: Uint8Array, options?: WireOptions): Promise<Buffer>;
  /** The bytes of a stream's answers as they came, in order; a stream that takes one request is sent one item. Rejects with a CallError. */
  stream(path: string, items: Uint8Array[], options?: WireOptions): Promise<Buffer[]>;
}

/** Calls with bytes and gives bytes back: what no typed client would send, and what the wire really carried. */
export function wireTo(address: string, defaults: WireOptions = {}): Wire {
  const channel = new grpc.Client(address, grpc.credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_send_message_length': -1,
  });
  const asIs = (bytes: Uint8Array) => Buffer.from(bytes);
  const given = (options: WireOptions): [grpc.Metadata, grpc.CallOptions] => {
    const { deadlineMs = 20_000 } = { ...defaults, ...options };
    const metadata = new grpc.Metadata();
    for (const [name, value] of Object.entries({ ...defaults.metadata, ...options.metadata }))
      metadata.set(name, value);
    return [metadata, Number.isFinite(deadlineMs) ? { deadline: Date.now() + deadlineMs } : {}];
  };
  return {
    unary: (path, request, options = {}) =>
      new Promise((resolve, reject) => {
        channel.makeUnaryRequest(path, asIs, asIs, request, ...given(options), (error, answer) =>
          error ? reject(new CallError(error)) : resolve(answer as Buffer),
        );
      }),
    async stream(path, items, options = {}) {
      const call = channel.makeBidiStreamRequest(path, asIs, asIs, ...given(options));
      const receipts: Buffer[] = [];
      for (const item of items) call.write(item);
      call.end();
      try {
        for await (const receipt of call) receipts.push(receipt as Buffer);
      } catch (error) {
        throw new CallError(error as grpc.ServiceError);
      }
      return receipts;
    },
    [Symbol.dispose]: () => channel.close(),
  };
}

/** A wire to each service. */
export type Wires = Record<ServiceName, Wire> & Disposable;

export function wiresTo(platform: Pick<TestPlatform, 'address'>, defaults: WireOptions = {}): Wires {
  const names = Object.keys(definitions) as ServiceName[];
  const wires = Object.fromEntries(names.map((name) => [name, wireTo(platform.address(name), defaults)]));
  const close = () => {
    for (const wire of Object.values(wires)) wire[Symbol.dispose]();
  };
  return Object.assign(wires as Record<ServiceName, Wire>, { [Symbol.dispose]: close });
}
