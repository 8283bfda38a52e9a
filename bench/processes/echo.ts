import * as grpc from '@grpc/grpc-js';
import type { CreateConsultationRequest } from '@jonction/contracts';
import { answer } from '../child.ts';
import { bind, shapeOf } from './serve.ts';

// The floor of an RPC: decodes a message, encodes it, sends it back.
const server = new grpc.Server();
server.addService(
  { Echo: shapeOf('echo') },
  {
    Echo: (
      call: grpc.ServerUnaryCall<CreateConsultationRequest, CreateConsultationRequest>,
      reply: grpc.sendUnaryData<CreateConsultationRequest>,
    ) => reply(null, call.request),
  },
);
answer({ listen: () => bind(server) });
