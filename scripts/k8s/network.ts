import type { Code } from './code.ts';
import { type Edge, edge, neededEdges } from './needed-edges.ts';
import { clusterLabels } from './references.ts';
import {
  containersOf,
  type Fault,
  type Labels,
  type Overlay,
  ofKind,
  type Selector,
  selects,
  type Thing,
  workloadsOf,
} from './things.ts';

/**
 * Who talks: a pod of ours, somebody of another namespace, told by its labels, or whoever is behind addresses outside, told by
 * what a policy says of them. Who is alone talks with itself without any policy.
 */
type Party = { name: string; labels: Labels; ports: number[]; namespace?: Labels; alone?: boolean; outside?: boolean };
type Peer = { podSelector?: Selector; namespaceSelector?: Selector; ipBlock?: object };
type Rule = { from?: Peer[]; to?: Peer[]; ports?: { port?: number; protocol?: string; endPort?: number }[] };

/** On a policy with addresses: who is behind them, as the name of the setting that leads there, or `partners`. */
const WHO = 'jonction/who';
const whoOf = ({ metadata }: Thing) => metadata.annotations?.[WHO] ?? '';

const ELSEWHERE: Party[] = [
  { name: 'applications', labels: {}, ports: [], namespace: { 'jonction/calls': 'services' } },
  { name: 'operator', labels: {}, ports: [], namespace: { 'kubernetes.io/metadata.name': 'cnpg-system' } },
  {
    name: 'names',
    labels: { 'k8s-app': 'kube-dns' },
    ports: [53],
    namespace: { 'kubernetes.io/metadata.name': 'kube-system' },
  },
];

/** Everybody of an overlay, and everybody else whom its policies name. */
function partiesOf(overlay: Overlay): Party[] {
  const pods = workloadsOf(overlay).map((workload) => ({
    name: workload.thing.metadata.name,
    labels: workload.labels,
    ports: containersOf(workload).flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort)),
    alone: workload.replicas === 1,
  }));
  const clusters = ofKind(overlay, 'Cluster').map((thing) => ({
    name: thing.metadata.name,
    labels: clusterLabels(thing),
    ports: [5432, 8000],
    alone: thing.spec.instances === 1,
  }));
  const who = new Set(ofKind(overlay, 'NetworkPolicy').map(whoOf).filter(Boolean));
  const outside = [...who].map((name) => ({ name, labels: {}, ports: [], namespace: {}, outside: true }));
  return [...pods, ...clusters, ...ELSEWHERE, ...outside];
}

/** Every pod is closed in both directions before any policy opens it: one whom no policy selects talks to everybody. */
export function closed(overlay: Overlay): Fault[] {
  const all = ofKind(overlay, 'NetworkPolicy').filter(({ spec }) => Object.keys(spec.podSelector).length === 0);
  return ['Ingress', 'Egress']
    .filter((way) => !all.some(({ spec }) => spec.policyTypes.includes(way) && !spec[way.toLowerCase()]))
    .map((way) => ({
      object: `overlays/${overlay.name}`,
      rule: 'closed',
      why: `no policy closes ${way} for all pods, so one that is forgotten talks to everybody`,
      fix: 'use the component network-policies, whose policy "nobody" does',
    }));
}

/** What may talk is what must: no edge is open without a reason in the code or in the settings, and none is missing. */
export function edges(overlay: Overlay, code: Code): Fault[] {
  const open = new Set(openEdges(overlay));
  const needed = neededEdges(overlay, code, open);
  const told = { object: `overlays/${overlay.name}`, rule: 'edge' };
  const missing = [...needed].filter(([it]) => !open.has(it));
  const extra = [...open].filter((it) => !needed.has(it));
  const half = halfEdges(overlay).filter((it) => !needed.has(it));
  return [
    ...missing.map(([it, reason]) => ({
      ...told,
      why: `${it} is closed, and needed: ${reason}`,
      fix: 'open it where it leaves and where it arrives: in components/network-policies, or in outside.yaml of the overlay',
    })),
    ...extra.map((it) => ({
      ...told,
      why: `${it} is open, and nothing in the code or the settings needs it`,
      fix: 'close it',
    })),
    ...half.map((it) => ({
      ...told,
      why: `${it} is open at one end, and needed at neither`,
      fix: 'close it there, before somebody opens the other',
    })),
    ...wide(overlay),
  ];
}

/** The edges that the policies of an overlay leave open, as Kubernetes reads them: a policy at each end must allow it. */
export function openEdges(overlay: Overlay): Edge[] {
  return ends(overlay)
    .filter(({ leaves, arrives }) => leaves && arrives)
    .map(({ it }) => it);
}

/** The edges that one of two pods of ours allows and the other does not. */
const halfEdges = (overlay: Overlay): Edge[] =>
  ends(overlay)
    .filter(({ ours, leaves, arrives }) => ours && leaves !== arrives)
    .map(({ it }) => it);

/** Every edge that there could be, and what the policies at both of its ends say of it. */
function ends(overlay: Overlay): { it: Edge; ours: boolean; leaves: boolean; arrives: boolean }[] {
  const parties = partiesOf(overlay);
  return parties.flatMap((from) =>
    parties
      .filter((to) => !(from.namespace && to.namespace) && !(from === to && from.alone))
      .flatMap((to) =>
        portsTowards(overlay, to).map((port) => ({
          it: edge(from.name, to.name, port),
          ours: !from.namespace && !to.namespace,
          leaves: allows(overlay, 'egress', from, { to, port }),
          arrives: allows(overlay, 'ingress', to, { to: from, port }),
        })),
      ),
  );
}

/** The ports worth asking about: those that somebody listens on; outside, those that a rule names. */
function portsTowards(overlay: Overlay, { outside, ports }: Party): number[] {
  if (!outside) return [...new Set(ports)];
  return [...new Set(rulesIn(overlay).flatMap(({ ports: its = [] }) => its.flatMap(({ port }) => port ?? [])))];
}

const rulesOf = ({ spec }: Thing): Rule[] => [...(spec.ingress ?? []), ...(spec.egress ?? [])];
const rulesIn = (overlay: Overlay): Rule[] => ofKind(overlay, 'NetworkPolicy').flatMap(rulesOf);

type Way = 'ingress' | 'egress';

/** Whether the policies of one party let it talk with another, in one direction, on a port of the one that is called. */
function allows(overlay: Overlay, way: Way, whose: Party, { to: other, port }: { to: Party; port: number }): boolean {
  if (whose.namespace) return true; // its policies are not ours to read
  const type = way === 'ingress' ? 'Ingress' : 'Egress';
  const mine = ofKind(overlay, 'NetworkPolicy').filter(
    ({ spec }) => spec.policyTypes.includes(type) && selects(spec.podSelector, whose.labels),
  );
  if (mine.length === 0) return true;
  const rules = mine.flatMap((policy) =>
    ((policy.spec[way] ?? []) as Rule[]).map((rule) => ({ ...rule, who: whoOf(policy) })),
  );
  return rules.some(
    (rule) =>
      (rule[way === 'ingress' ? 'from' : 'to'] ?? [{}]).some((peer) => isPeer(peer, other, rule.who)) &&
      (rule.ports ?? [{ port }]).some((it) => it.port === port),
  );
}

function isPeer({ podSelector, namespaceSelector, ipBlock }: Peer, party: Party, who: string): boolean {
  if (ipBlock) return party.outside === true && party.name === who;
  if (party.outside) return !podSelector && !namespaceSelector;
  const inNamespace = namespaceSelector ? selects(namespaceSelector, party.namespace ?? {}) : !party.namespace;
  return inNamespace && (podSelector ? selects(podSelector, party.labels) : true);
}

/** A rule names its peers and its ports, each of which somebody listens on; and who is behind addresses. */
function wide(overlay: Overlay): Fault[] {
  const listened = new Set(partiesOf(overlay).flatMap(({ ports }) => ports));
  return ofKind(overlay, 'NetworkPolicy').flatMap((policy) => {
    const object = `NetworkPolicy/${policy.metadata.name}`;
    const told = rulesOf(policy).flatMap((rule) => tooWide(rule, listened, whoOf(policy)) ?? []);
    return told.map((one) => ({ object, rule: 'edge', ...one }));
  });
}

function tooWide(
  { from, to, ports = [] }: Rule,
  listened: Set<number>,
  who: string,
): Omit<Fault, 'object' | 'rule'> | undefined {
  const peers = from ?? to ?? [];
  const named = peers.length > 0 && ports.length > 0 && ports.every(({ port, endPort }) => port && !endPort);
  if (!named) {
    const why = 'it opens more than one can read from it: a rule names its peers and each of its ports';
    return { why, fix: 'name who talks, and the ports' };
  }
  const outside = peers.some(({ ipBlock }) => ipBlock);
  if (outside && !who) {
    const why = 'it opens addresses, and nobody can tell whose they are';
    return { why, fix: `say it in its annotation ${WHO}: the setting that leads there, or partners` };
  }
  const unheard = outside && to ? [] : ports.filter(({ port = 0 }) => !listened.has(port));
  if (unheard.length === 0) return undefined;
  const why = `it opens port ${unheard.map(({ port }) => port).join(', ')}, where nobody listens`;
  return { why, fix: 'name the port of a container' };
}
