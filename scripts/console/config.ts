import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** The port of OTLP over HTTP, where an exporter without configuration looks. */
const DEFAULT_PORT = 4318;

/**
 * `CONSOLE_PORT`, or the OTLP/HTTP port.
 * Throws an Error when it is not a port.
 */
export function consolePort(env: NodeJS.ProcessEnv): number {
  const text = env.CONSOLE_PORT || String(DEFAULT_PORT);
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) {
    throw new Error(`CONSOLE_PORT must be a port, from 0 to 65535, not "${text}"`);
  }
  return Number(text);
}

/** `DATA_DIR`, or `.data` at the root of the repository: where an embedded run keeps what must last. */
export function dataDir(env: NodeJS.ProcessEnv): string {
  return resolve(env.DATA_DIR || join(import.meta.dirname, '../../.data'));
}

/**
 * The address of the console of this data directory, which is the `iss` of its tokens: `CONSOLE_URL` where others than this
 * machine reach it, else as the last start wrote it in `run.json`, else as the environment says.
 * Throws an Error when neither gives a port.
 */
export async function consoleUrl(directory: string, env: NodeJS.ProcessEnv): Promise<string> {
  if (env.CONSOLE_URL) return env.CONSOLE_URL;
  const port = (await portOfRun(join(directory, 'run.json'))) ?? consolePort(env);
  return `http://127.0.0.1:${port}`;
}

async function portOfRun(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const { consolePort: port } = parsed(file, text);
  if (!Number.isInteger(port))
    throw new Error(`${file} gives no consolePort. Run npm start again: it is written anew.`);
  return port as number;
}

function parsed(file: string, text: string): { consolePort?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${file} is not JSON. Run npm start again: it is written anew.`, { cause });
  }
}
