import * as grpc from '@grpc/grpc-js';
import { floorDefinition } from './wire.ts';

/** One RPC of the floors as grpc-js takes it. */
export function shapeOf(name: keyof typeof floorDefinition.methods): grpc.MethodDefinition<unknown, unknown> {
  const { requestType, responseType, ...method } = floorDefinition.methods[name];
  return {
    path: `/${floorDefinition.fullName}/${method.name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (message) => Buffer.from(requestType.encode(message as never).finish()),
    requestDeserialize: (bytes) => requestType.decode(bytes),
    responseSerialize: (message) => Buffer.from(responseType.encode(message as never).finish()),
    responseDeserialize: (bytes) => responseType.decode(bytes),
  };
}

/** Gives the address. */
export function bind(server: grpc.Server): Promise<string> {
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(`127.0.0.1:${port}`),
    ),
  );
}
