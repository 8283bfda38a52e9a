import type { Code, Service } from './code.ts';
import { addressesIn, environmentIn, readBy, targetOf } from './environment.ts';
import {
  type Container,
  containersOf,
  type Overlay,
  ofKind,
  type Thing,
  type Workload,
  workloadsOf,
} from './things.ts';

/** `membership → nats:4222`. */
export type Edge = string;
export const edge = (from: string, to: string, port: number): Edge => `${from} → ${to}:${port}`;

/** An edge, and why it must be. */
type Needed = [Edge, string];

/**
 * The edges that the code, the settings and the servers ask for, and why. `open` are those that the policies allow: where the API
 * server listens differs from place to place, and one of its two usual ports is open.
 */
export function neededEdges(overlay: Overlay, code: Code, open: Set<Edge> = new Set()): Map<Edge, string> {
  const workloads = workloadsOf(overlay);
  const names = [...workloads.map(({ thing }) => thing), ...ofKind(overlay, 'Cluster')].map(
    ({ metadata }) => metadata.name,
  );
  return new Map([
    ...workloads.flatMap((workload) =>
      containersOf(workload).flatMap((container) => ofSettings(overlay, code, workload, container)),
    ),
    ...code.services.flatMap(ofCode),
    ...ofNats(overlay),
    ...ofKind(overlay, 'Cluster').flatMap((cluster) => ofCluster(cluster, open)),
    ...names.map((name): Needed => [edge(name, 'names', 53), 'everybody asks for addresses']),
  ]);
}

/** What the code of a service says by itself: who calls it, whom it calls, what it says and hears. */
function ofCode({ name, serves, asks, hears, says }: Service): Needed[] {
  return [
    ...(serves ? [[edge('applications', name, 50_051), 'internal applications call it'] as Needed] : []),
    ...asks.map((other): Needed => [edge(name, other, 50_051), `it calls a contract of ${other}`]),
    ...(says ? [[edge(name, 'nats', 4222), 'it says events'] as Needed] : []),
    ...(hears.length > 0 ? [[edge(name, 'nats', 4222), `it hears ${hears.join(' and ')}`] as Needed] : []),
  ];
}

/** Where the addresses in the settings of a container lead. */
function ofSettings(overlay: Overlay, code: Code, workload: Workload, container: Container): Needed[] {
  const own = workload.thing.metadata.name;
  const read = readBy(own, container, code);
  const environment = Object.entries(environmentIn(overlay, code.secrets, workload, container));
  return environment
    .filter(([name]) => read(name))
    .flatMap(([name, value]) =>
      addressesIn(value).flatMap((address) => {
        const target = targetOf(overlay, address);
        if (!target || target.name === own) return [];
        const to = target.name === 'outside' ? name : target.name;
        return [[edge(own, to, target.port), `${name} leads there`] as Needed];
      }),
    );
}

function ofNats(overlay: Overlay): Needed[] {
  const map = ofKind(overlay, 'ConfigMap').find(({ metadata }) => /^nats(-\w+)?$/.test(metadata.name));
  const hasRoutes = /^\s*nats:\/\//m.test(map?.data?.['cluster.conf'] ?? '');
  const forPartners = ofKind(overlay, 'Service').filter(({ spec }) => spec.type === 'LoadBalancer');
  return [
    ...(hasRoutes ? [[edge('nats', 'nats', 6222), 'its servers hold the same streams'] as Needed] : []),
    ...forPartners.map(({ metadata }): Needed => [edge('partners', 'nats', 4222), `${metadata.name} leads there`]),
  ];
}

function ofCluster({ metadata: { name }, spec }: Thing, open: Set<Edge>): Needed[] {
  const other = edge(name, 'api-server', 443);
  const stores = addressesIn(spec.backup?.barmanObjectStore?.endpointURL ?? '');
  return [
    ...(spec.instances > 1 ? [[edge(name, name, 5432), 'its servers follow each other'] as Needed] : []),
    [edge('operator', name, 5432), 'the operator of CloudNativePG looks after it'],
    [edge('operator', name, 8000), 'the operator of CloudNativePG asks how it is'],
    [open.has(other) ? other : edge(name, 'api-server', 6443), 'it asks the API server who leads'],
    ...stores.map(({ port }): Needed => [edge(name, 'backups', port), 'its backups go there']),
  ];
}
