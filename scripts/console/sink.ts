import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { readSpans } from './otlp.ts';
import { decodeExportRequest } from './otlp-protobuf.ts';
import type { Span } from './span.ts';
import type { TraceStore } from './traces.ts';

/** Of a body, as sent and after it is unpacked. A batch of the SDK's default 512 spans is some hundreds of KiB. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

const JSON_TYPE = 'application/json';
const PROTOBUF_TYPE = 'application/x-protobuf';
/** google.rpc.Code.INVALID_ARGUMENT: what an OTLP sender is told when it must not try again. */
const INVALID_ARGUMENT = 3;

const unpack = promisify(gunzip);

/** A request that is refused: the HTTP status, and a sentence for the one who reads the sender's log. */
class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

/** Takes the spans of an OTLP/HTTP request into the store and answers as OTLP says: 200, 400, 413 or 415. */
export function takeSpans(request: IncomingMessage, response: ServerResponse, store: TraceStore): Promise<void> {
  return answering(request, response, (type, body) => store.add(decode(type, body), body.length));
}

/** Metrics and logs are taken and not looked at, so that a service needs no other configuration for this console. */
export function takeAndDrop(request: IncomingMessage, response: ServerResponse): Promise<void> {
  return answering(request, response, () => {});
}

async function answering(
  request: IncomingMessage,
  response: ServerResponse,
  take: (type: string, body: Buffer) => void,
): Promise<void> {
  const type = mediaType(request);
  try {
    if (type !== JSON_TYPE && type !== PROTOBUF_TYPE) {
      throw new Refused(415, `Send ${PROTOBUF_TYPE} or ${JSON_TYPE}, not ${type || 'a body without a type'}.`);
    }
    take(type, await readBody(request));
    reply(response, type, 200, type === JSON_TYPE ? '{}' : new Uint8Array());
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    reply(response, type, error.status, statusMessage(type, error.message));
  }
}

function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function reply(response: ServerResponse, type: string, status: number, body: string | Uint8Array): void {
  response.writeHead(status, { 'content-type': type === PROTOBUF_TYPE ? PROTOBUF_TYPE : JSON_TYPE }).end(body);
}

/** A google.rpc.Status, which OTLP wants as the body of every refusal. */
function statusMessage(type: string, message: string): string | Uint8Array {
  return type === PROTOBUF_TYPE
    ? new BinaryWriter().tag(1, 0).int32(INVALID_ARGUMENT).tag(2, 2).string(message).finish()
    : JSON.stringify({ code: INVALID_ARGUMENT, message });
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new Refused(415, `Send the body with gzip or as it is, not with ${encoding}.`);
  }
  const sent = await collect(request);
  if (encoding === 'identity') return sent;
  return unpack(sent, { maxOutputLength: MAX_BODY_BYTES }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new Refused(400, 'The body says it is gzip and cannot be unpacked.', cause);
  });
}

/**
 * Refuses at once what is too large, and lets the rest flow by: a socket closed in the middle of a body may lose the
 * answer. The server's request timeout ends a body without end.
 */
function collect(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      reject(tooLarge());
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', (cause) => reject(new Refused(400, 'The body was cut off.', cause)));
  });
}

function tooLarge(): Refused {
  return new Refused(413, `The body is larger than ${MAX_BODY_BYTES} bytes. Send smaller batches.`);
}

function decode(type: string, body: Buffer): Span[] {
  try {
    return readSpans(type === JSON_TYPE ? JSON.parse(body.toString('utf8')) : decodeExportRequest(body));
  } catch (cause) {
    // Reading touches nothing but the body, so whatever went wrong is the body's fault.
    throw new Refused(400, `The body is not an OTLP trace request: ${(cause as Error).message}`, cause);
  }
}
