import { join } from 'node:path';
import { checks, faultsOf, overlaysFolder } from '../k8s-check.ts';
import { type Code, readCode } from './code.ts';
import { findKustomize, render } from './kustomize.ts';
import type { Container, Overlay, PodSpec, Thing } from './things.ts';

export const overlayNames = ['dev', 'production', 'restore', 'staging'] as const;

/** What is broken, in which overlay, how, and all that is said of it, as `object rule`. */
export type Row = [string, (typeof overlayNames)[number], (broken: Broken) => unknown, string[]];

/** The overlays as they stand and the code that they are held against, for the tests of the checks. */
export type Stage = { code: Code; things: Map<string, Thing[]> };

export async function stage(): Promise<Stage> {
  const kustomize = await findKustomize();
  const things = new Map<string, Thing[]>();
  for (const name of overlayNames) things.set(name, await render(kustomize, join(overlaysFolder, name)));
  return { code: await readCode(), things };
}

/** A copy of an overlay, and the parts of it that a test takes away or changes. */
export class Broken {
  readonly overlay: Overlay;

  constructor({ things }: Stage, name: string) {
    this.overlay = { name, things: structuredClone(things.get(name) ?? []) };
  }

  /** The object of that name, or of that name and the digest that kustomize adds to it. */
  the(kind: string, name: string): Thing {
    const found = this.overlay.things.find(({ kind: its, metadata }) => its === kind && metadata.name.startsWith(name));
    if (!found) throw new Error(`the overlay ${this.overlay.name} has no ${kind} ${name}`);
    return found;
  }

  pod(name = 'membership', kind = 'Deployment'): PodSpec {
    return this.the(kind, name).spec.template.spec;
  }

  container(name = 'membership', kind = 'Deployment'): Container {
    return this.pod(name, kind).containers[0] as Container;
  }

  drop(kind: string, name: string): void {
    const gone = this.the(kind, name);
    this.overlay.things = this.overlay.things.filter((thing) => thing !== gone);
  }

  set(name: string, value: string, of = 'membership', kind = 'Deployment'): void {
    const variable = this.container(of, kind).env?.find((one) => one.name === name);
    if (!variable) throw new Error(`${kind} ${of} has no ${name}`);
    variable.value = value;
  }

  configure(change: (text: string) => string, key = 'nats.conf'): void {
    const { data = {} } = this.the('ConfigMap', 'nats');
    data[key] = change(data[key] ?? '');
  }
}

/** All that is said of an overlay, as `object rule`, each once, and the names of the checks that say it. */
export function toldOf(overlay: Overlay, code: Code): { told: string[]; by: string[] } {
  const told = faultsOf(overlay, { code }).map(({ object, rule }) => `${object} ${rule}`);
  const by = Object.entries(checks).filter(([, check]) => check(overlay, { code }).length > 0);
  return { told: [...new Set(told)].sort(), by: by.map(([name]) => name) };
}
