/**
 * Holds Kubernetes' files to what a cluster, and our own code, would find out too late. No cluster is needed: each overlay is
 * rendered as it would be applied, and every object of it is judged.
 *
 *   npm run k8s:check               `k8s: 4 overlays, 204 objects, 0 faults`, or the list and exit 1
 *   npm run k8s:check -- --json     the faults as JSON
 *   npm run k8s:check -- --edges    who talks to whom, and why
 *   npm run k8s:check -- --release  refuses what must be given before real use: digests of zeros, hosts of documentation
 */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ROOT } from '@jonction/stack';
import { type Code, readCode } from './k8s/code.ts';
import { findKustomize, render } from './k8s/kustomize.ts';
import { neededEdges } from './k8s/needed-edges.ts';
import { closed, edges } from './k8s/network.ts';
import { digests, limits, noToken, probes, readOnlyRoot, restricted, secretsAsFiles, spread } from './k8s/pods.ts';
import { endpoints, mounted, scalers, schedules, selectors } from './k8s/references.ts';
import { type Judge, judgeIn, schema } from './k8s/schema.ts';
import { nats, placeholders, postgres } from './k8s/servers.ts';
import { addresses, ports, services, settings, sharedSettings, stopping } from './k8s/settings.ts';
import type { Fault, Overlay } from './k8s/things.ts';
import { tilt } from './k8s/tilt.ts';

/** What an overlay is judged by. Without the API server's schema, which is not ours to keep, that one is left out. */
export type Known = { code: Code; judge?: Judge | undefined };
export type Check = (overlay: Overlay, known: Known) => Fault[];

const ofCode =
  (check: (overlay: Overlay, code: Code) => Fault[]): Check =>
  (overlay, { code }) =>
    check(overlay, code);

/** All the rules, by name. Each is a function from an overlay to its faults; the tests beside them break each once. */
export const checks: Record<string, Check> = {
  schema: (overlay, { judge }) => (judge ? schema(overlay, judge) : []),
  mounted: (overlay, { code }) => mounted(overlay, code.secrets),
  ...{ selectors, scalers, endpoints, schedules },
  ...{ restricted, noToken, secretsAsFiles, readOnlyRoot, limits, probes, spread, digests },
  services: ofCode(services),
  settings: ofCode(settings),
  sharedSettings: ofCode(sharedSettings),
  ports: ofCode(ports),
  stopping: ofCode(stopping),
  addresses: ofCode(addresses),
  postgres: ofCode(postgres),
  edges: ofCode(edges),
  ...{ closed, nats },
};

export const overlaysFolder = join(ROOT, 'deploy/k8s/overlays');

/** All faults of an overlay, each once. */
export function faultsOf(overlay: Overlay, known: Known): Fault[] {
  const faults = Object.values(checks).flatMap((check) => check(overlay, known));
  return [...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values()];
}

/** Where the API server's schema is: `kubernetes/` of NORMS_DIR, or of the reference data beside the checkout. */
export const schemaFolder = (env: NodeJS.ProcessEnv): string =>
  join(resolve(env.NORMS_DIR || join(ROOT, '../shared/data')), 'kubernetes');

/** A fault as one line: the overlay, the object, the rule, why, what to do. */
export function lineFor(overlay: string, { object, rule, why, fix }: Fault): string {
  return `overlays/${overlay} ${object} ${rule}: ${why}. To do: ${fix}.`;
}

function printEdges(overlay: Overlay, code: Code): void {
  console.log(`overlays/${overlay.name}`);
  for (const [edge, reason] of [...neededEdges(overlay, code)].sort()) console.log(`  ${edge.padEnd(40)}${reason}`);
}

function forRelease(overlay: Overlay): Fault[] {
  if (overlay.name === 'dev') return [];
  return placeholders(overlay).map((what) => ({
    object: 'release',
    rule: 'placeholder',
    why: `${what} stands for what the place gives`,
    fix: 'docs/deploy.md says where it is written',
  }));
}

async function main(args: string[]): Promise<void> {
  const kustomize = await findKustomize({ progress: (line) => console.error(line) });
  const folder = schemaFolder(process.env);
  const known = { code: await readCode(), judge: judgeIn(folder) };
  if (!known.judge) console.log(`the API server's schema is not in ${folder} (NORMS_DIR): no field is held against it`);
  const names = readdirSync(overlaysFolder).sort();
  const overlays = await Promise.all(
    names.map(async (name) => ({ name, things: await render(kustomize, join(overlaysFolder, name)) })),
  );
  if (args.includes('--edges')) for (const overlay of overlays) printEdges(overlay, known.code);
  const release = args.includes('--release') ? forRelease : () => [];
  const faults = overlays.flatMap((overlay) =>
    [...faultsOf(overlay, known), ...release(overlay)].map((fault) => ({ overlay: overlay.name, ...fault })),
  );
  const all = [...faults, ...tilt(ROOT).map((fault) => ({ overlay: '', ...fault }))];
  process.exitCode = all.length > 0 ? 1 : 0;
  if (args.includes('--json')) return console.log(JSON.stringify(all, null, 2));
  for (const fault of all) console.error(lineFor(fault.overlay, fault));
  const open = new Set(overlays.filter(({ name }) => name !== 'dev').flatMap(placeholders));
  if (open.size > 0 && !args.includes('--release'))
    console.log(`${open.size} placeholders wait for the place where it runs: k8s:check -- --release lists them`);
  const objects = overlays.reduce((sum, { things }) => sum + things.length, 0);
  console.log(
    `k8s: ${names.length} overlays, ${objects} objects, ${all.length} ${all.length === 1 ? 'fault' : 'faults'}`,
  );
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
