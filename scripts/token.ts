import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { decodeJwt } from 'jose';
import { consoleUrl, dataDir } from './console/config.ts';
import { issuerFile, MAX_TTL_SECONDS, openIssuer } from './console/issuer.ts';

const AUDIENCE = 'jonction';
const HELP = `Makes a token for the embedded run that npm start brings up, and prints it.

  npm run -s token -- --subject <who> [--ttl <seconds>] [--json]

  --subject  who the token is for, e.g. bfc-admin, the first administrator named in operators/bfc.yaml
  --ttl      how long it lives, from 1 to ${MAX_TTL_SECONDS} seconds (${MAX_TTL_SECONDS} when not given)
  --json     prints the token with its issuer, audience and end as JSON
  --help     prints this

A token only says who. What its bearer may do is what membership knows of that subject.
Send it as gRPC metadata: authorization: Bearer <token>
`;

type Wish = { subject: string; ttlSeconds: number; json: boolean };

async function main(args: string[]): Promise<void> {
  const wish = readWish(args);
  if (wish === 'help') process.stdout.write(HELP);
  else if (typeof wish === 'string') fail(2, `${wish} npm run -s token -- --help says more.`);
  else await printToken(wish);
}

/** The wish, `help`, or a sentence that says what is wrong with the arguments. */
function readWish(args: string[]): Wish | string {
  try {
    const { subject, ttl, json, help } = parseArgs({
      args,
      options: {
        subject: { type: 'string' },
        ttl: { type: 'string', default: String(MAX_TTL_SECONDS) },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
    if (help) return 'help';
    if (!subject?.trim()) return 'Say who the token is for with --subject, e.g. --subject bfc-admin.';
    if (!/^\d+$/.test(ttl) || Number(ttl) < 1 || Number(ttl) > MAX_TTL_SECONDS) {
      return `--ttl must be a whole number of seconds from 1 to ${MAX_TTL_SECONDS}, not "${ttl}".`;
    }
    return { subject, ttlSeconds: Number(ttl), json };
  } catch (error) {
    return `${(error as Error).message}.`; // parseArgs names the argument that it does not know
  }
}

async function printToken({ subject, ttlSeconds, json }: Wish): Promise<void> {
  const directory = dataDir(process.env);
  if (!existsSync(issuerFile(directory))) {
    fail(1, `There is no ${issuerFile(directory)} to sign with. Run npm start first: it makes the key.`);
    return;
  }
  const issuer = await consoleUrl(directory, process.env);
  const token = await (await openIssuer(directory)).sign({ subject, audience: AUDIENCE, issuer, ttlSeconds });
  const expiresAt = new Date((decodeJwt(token).exp ?? 0) * 1000).toISOString();
  const answer = { token, subject, audience: AUDIENCE, issuer, expiresAt };
  process.stdout.write(`${json ? JSON.stringify(answer, null, 2) : token}\n`);
}

function fail(exitCode: number, sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = exitCode;
}

await main(process.argv.slice(2)).catch((error: Error) => fail(1, error.message));
