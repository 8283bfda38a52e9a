import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Claims } from './claims.ts';
import { type Issuer, openIssuer } from './issuer.ts';
import { PAGE_POLICY } from './layout.ts';
import { listPage } from './list-page.ts';
import { takeAndDrop, takeSpans } from './sink.ts';
import { missingTracePage, tracePage } from './trace-page.ts';
import { createTraceStore, type TraceFilter, type TraceLimits, type TraceStore } from './traces.ts';

const HOST = '127.0.0.1';
/** The names under which a loopback address is called. Another name in `Host` is a web page that tries to read us. */
const OWN_NAMES = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': PAGE_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
const PAGE_LENGTH = 100;
const API_LENGTH = 20;
const MAX_LENGTH = 2_000;
/** How long requests under way may still take when the console stops. */
const GRACE_MS = 2_000;

export type ConsoleOptions = {
  /** 0 takes a free port. */
  port: number;
  /** Where `issuer.json` is kept. */
  dataDir: string;
  /** The address under which others reach it; absent, it is on the loopback address, for this machine alone. */
  url?: string | undefined;
  limits?: TraceLimits;
  /** What `/userinfo` tells; without it a person has a subject alone. */
  claims?: Claims;
};

export type RunningConsole = AsyncDisposable & { port: number; url: string };

type Context = { store: TraceStore; issuer: Issuer; url: string; isOwnName: (host: string) => boolean; claims: Claims };
type Route = {
  method: 'GET' | 'POST';
  path: RegExp;
  run: (request: IncomingMessage, response: ServerResponse, context: Context) => void | Promise<void>;
};

const ROUTES: Route[] = [
  { method: 'GET', path: /^\/$/, run: sendListPage },
  { method: 'GET', path: /^\/trace\/[0-9a-fA-F]{32}$/, run: sendTracePage },
  { method: 'GET', path: /^\/api\/traces$/, run: sendTraces },
  { method: 'GET', path: /^\/api\/traces\/[0-9a-fA-F]{32}$/, run: sendTrace },
  { method: 'GET', path: /^\/\.well-known\/openid-configuration$/, run: sendConfiguration },
  { method: 'GET', path: /^\/userinfo$/, run: sendUserInfo },
  { method: 'GET', path: /^\/jwks$/, run: (_, response, { issuer }) => sendJson(response, 200, issuer.jwks) },
  {
    method: 'POST',
    path: /^\/v1\/traces$/,
    run: (request, response, { store }) => takeSpans(request, response, store),
  },
  { method: 'POST', path: /^\/v1\/(metrics|logs)$/, run: takeAndDrop },
];

/**
 * Starts the console, on the loopback address unless it has a `url`: it takes the spans of the services, shows the last traces, and publishes
 * the key under which the tokens of the embedded run are signed.
 * Throws when the port is taken or the key cannot be read.
 */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { port, dataDir, url: given, limits, claims = async (sub) => ({ sub }) } = options;
  const issuer = await openIssuer(dataDir);
  const store = createTraceStore(limits);
  const server = createServer({ requestTimeout: 30_000 });
  await listening(server, port, given ? '0.0.0.0' : HOST);
  const taken = (server.address() as AddressInfo).port;
  const url = given ?? `http://${HOST}:${taken}`;
  const isOwnName = (host: string) => OWN_NAMES.test(host) || (given !== undefined && host === new URL(given).host);
  server.on('request', (request, response) => handle(request, response, { store, issuer, url, isOwnName, claims }));
  return { port: taken, url, [Symbol.asyncDispose]: () => stop(server) };
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function stop(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  const impatience = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  return new Promise((resolve) => {
    server.close(() => {
      clearTimeout(impatience);
      resolve();
    });
  });
}

async function handle(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  try {
    if (!context.isOwnName(request.headers.host ?? '')) return sendText(response, 421, `Ask for ${context.url}.`);
    await route(request, response, context);
  } catch (error) {
    console.error(error);
    if (response.headersSent) response.destroy();
    else sendText(response, 500, 'The console failed at this. Its log says why.');
  }
}

async function route(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const { pathname } = address(request);
  const matching = ROUTES.filter(({ path }) => path.test(pathname));
  if (matching.length === 0) return sendText(response, 404, 'Nothing is here. The last traces are at / .');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const found = matching.find((candidate) => candidate.method === method);
  if (found !== undefined) return found.run(request, response, context);
  response.setHeader('allow', matching.map((candidate) => candidate.method).join(', '));
  sendText(response, 405, `This address takes ${matching.map((candidate) => candidate.method).join(', ')}.`);
}

function sendListPage(request: IncomingMessage, response: ServerResponse, { store }: Context): void {
  sendPage(response, 200, listPage(store, filterOf(request, PAGE_LENGTH)));
}

function sendTracePage(request: IncomingMessage, response: ServerResponse, { store }: Context): void {
  const traceId = lastSegment(request);
  const trace = store.get(traceId);
  if (trace === undefined) sendPage(response, 404, missingTracePage(traceId));
  else sendPage(response, 200, tracePage(store, trace));
}

function sendTraces(request: IncomingMessage, response: ServerResponse, { store }: Context): void {
  sendJson(response, 200, { traces: store.find(filterOf(request, API_LENGTH)) });
}

function sendTrace(request: IncomingMessage, response: ServerResponse, { store }: Context): void {
  const trace = store.get(lastSegment(request));
  if (trace === undefined) sendJson(response, 404, { error: 'The console does not hold this trace.' });
  else sendJson(response, 200, trace);
}

/** What a verifier needs to find the key. Nobody logs in here: tokens are made by `npm run token`. */
function sendConfiguration(_: IncomingMessage, response: ServerResponse, { url }: Context): void {
  sendJson(response, 200, {
    issuer: url,
    jwks_uri: `${url}/jwks`,
    userinfo_endpoint: `${url}/userinfo`,
    claims_supported: ['sub', 'name', 'siren', 'siret', 'organizational_unit', 'jonction'],
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  });
}

/** The claims of whoever bears a token of ours (OpenID Connect Core, 5.3). */
async function sendUserInfo(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const [, token = ''] = /^bearer ([\w.-]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const subject = await context.issuer.subjectOf(token, context.url).catch(() => undefined);
  if (subject === undefined) {
    response.setHeader('www-authenticate', 'Bearer error="invalid_token"');
    return sendJson(response, 401, { error: 'invalid_token', error_description: 'Make one with npm run token.' });
  }
  const claims = await context.claims(subject).catch(() => undefined);
  if (claims) sendJson(response, 200, claims);
  else sendJson(response, 503, { error: 'temporarily_unavailable', error_description: 'The identity base is away.' });
}

function filterOf(request: IncomingMessage, length: number): TraceFilter {
  const { searchParams } = address(request);
  const limit = Number.parseInt(searchParams.get('limit') ?? '', 10);
  return {
    service: searchParams.get('service') || undefined,
    name: searchParams.get('name') || undefined,
    limit: limit > 0 ? Math.min(limit, MAX_LENGTH) : length,
  };
}

function lastSegment(request: IncomingMessage): string {
  return address(request).pathname.split('/').at(-1)?.toLowerCase() ?? '';
}

/** Host and scheme do not matter: only the path and the query are read. */
function address(request: IncomingMessage): URL {
  return URL.parse(request.url ?? '/', 'http://console') ?? new URL('http://console/');
}

function sendPage(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(body);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function sendText(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${body}\n`);
}
