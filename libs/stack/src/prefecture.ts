import { type Restartable, restartable, type Supervision, spawnChild, whenReady } from './child.ts';

/** `root`: the project's folder; `dir`: where it keeps its ledger; `args`: more of its options (`--delay-ms 0`). */
export type PrefectureOptions = Supervision & { root: string; dir: string; port: number; args?: string[] };

/** A simulated prefecture as a process of its own. */
export type Prefecture = Restartable & { url: string };

/** Starts `simulators/prefecture`; resolves when it answers. Throws with its last 20 lines. */
export async function startPrefecture(options: PrefectureOptions): Promise<Prefecture> {
  const { root, dir, port, args = [] } = options;
  const url = `http://127.0.0.1:${port}`;
  const program = ['simulators/prefecture/src/main.ts', '--port', String(port), '--data', dir, ...args];
  return restartable({ url }, async () => {
    const command = { name: 'the prefecture', command: process.execPath, args: program, cwd: root, env: process.env };
    return whenReady(await spawnChild({ ...options, ...command }), () => answers(url), 20_000);
  });
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}
