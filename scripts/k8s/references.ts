import { GIVEN, GIVEN_MAPS, type Secrets } from './given.ts';
import {
  containersOf,
  type Fault,
  find,
  nameOf,
  type Overlay,
  ofKind,
  type Selector,
  selects,
  type Thing,
  type Volume,
  type Workload,
  workloadsOf,
} from './things.ts';

const fault = (thing: Thing, rule: string, why: string, fix: string): Fault => ({
  object: nameOf(thing),
  rule,
  why,
  fix,
});

/** Pods that the operator of CloudNativePG makes: nothing here shows them, but they bear this label and these ports. */
export const clusterLabels = ({ metadata }: Thing) => ({ 'cnpg.io/cluster': metadata.name });

/** All labels by which pods of this overlay can be found. */
const labelsIn = (overlay: Overlay) => [
  ...workloadsOf(overlay).map(({ labels }) => labels),
  ...ofKind(overlay, 'Cluster').map(clusterLabels),
];

/** Each selector finds the pods that it is there for: one that finds none is no error to the API server. */
export function selectors(overlay: Overlay): Fault[] {
  const all = labelsIn(overlay);
  const why = (what: string) => `${what}, and Kubernetes says nothing about it`;
  const own = workloadsOf(overlay).flatMap(({ thing, labels, pod }) => {
    const its: Selector[] = [
      ...(thing.spec.selector ? [thing.spec.selector] : []),
      ...(pod.topologySpreadConstraints ?? []).flatMap(({ labelSelector }) => labelSelector ?? []),
      ...(pod.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(
        ({ labelSelector }) => labelSelector ?? [],
      ),
    ];
    const wrong = its.filter((selector) => !selects(selector, labels));
    return wrong.map((selector) =>
      fault(
        thing,
        'selector',
        why(`${text(selector)} does not select its own pods`),
        'select the labels of the template',
      ),
    );
  });
  const others = ofKind(overlay, 'PodDisruptionBudget', 'NetworkPolicy').flatMap((thing) => {
    const selector = thing.spec.selector ?? thing.spec.podSelector;
    if (all.some((labels) => selects(selector, labels))) return [];
    return [
      fault(thing, 'selector', why(`${text(selector)} selects no pod`), 'select the label of a pod, or remove it'),
    ];
  });
  const expressions = overlay.things
    .filter(({ spec }) => JSON.stringify(spec ?? {}).includes('"matchExpressions"'))
    .map((thing) =>
      fault(thing, 'selector', 'these checks do not read matchExpressions', 'say it with matchLabels, as everywhere'),
    );
  return [...own, ...others, ...expressions];
}

const text = (selector: Selector) => JSON.stringify(selector.matchLabels ?? {});

/** An autoscaler scales something that is there and leaves the number to it. */
export function scalers(overlay: Overlay): Fault[] {
  return ofKind(overlay, 'HorizontalPodAutoscaler').flatMap((thing) => {
    const { kind, name } = thing.spec.scaleTargetRef;
    const target = find(overlay, kind, name);
    if (!target) return [fault(thing, 'scaler', `there is no ${kind} ${name} to scale`, 'name what it scales')];
    if (target.spec.replicas === undefined) return [];
    const why = `${kind} ${name} states its replicas, so each release would undo what the autoscaler did`;
    return [fault(thing, 'scaler', why, `leave replicas out of ${kind} ${name}`)];
  });
}

/** A Service leads to pods, on ports that they have. */
export function endpoints(overlay: Overlay): Fault[] {
  return ofKind(overlay, 'Service').flatMap((thing) => {
    const behind = workloadsOf(overlay).filter(({ labels }) => selects({ matchLabels: thing.spec.selector }, labels));
    if (!thing.spec.selector || behind.length === 0)
      return [
        fault(thing, 'endpoints', 'no pod is behind it: who calls it waits in vain', 'select the label of a pod'),
      ];
    const ports = behind.flatMap(containersOf).flatMap(({ ports = [] }) => ports);
    const wrong = (thing.spec.ports as { name?: string; port: number; targetPort?: number | string }[]).filter(
      ({ port, targetPort = port }) => !ports.some((it) => it.containerPort === targetPort || it.name === targetPort),
    );
    return wrong.map(({ name, port, targetPort }) =>
      fault(
        thing,
        'endpoints',
        `its port ${name ?? port} leads to ${targetPort ?? port}, which no container behind it has`,
        'name a port of the container',
      ),
    );
  });
}

type Wanted = { kind: string; name: string; keys: string[] };

/** Whatever a pod mounts or reads is there, with the keys that it asks for: else it waits for ever, and nobody is told why. */
export function mounted(overlay: Overlay, secrets: Secrets): Fault[] {
  const ofPods = workloadsOf(overlay).flatMap((workload) =>
    wantedBy(workload).map((wanted) => ({ thing: workload.thing, wanted })),
  );
  const ofClusters = ofKind(overlay, 'Cluster').flatMap((thing) =>
    secretsOfCluster(thing).map((wanted) => ({ thing, wanted })),
  );
  return [...ofPods, ...ofClusters].flatMap(({ thing, wanted: { kind, name, keys } }) => {
    const there = keysOf(overlay, secrets, kind, name);
    const missing = keys.filter((key) => !there?.includes(key));
    if (there && missing.length === 0) return [];
    const what = there ? `${kind} ${name} has no ${missing.join(', ')}` : `there is no ${kind} ${name}`;
    return [fault(thing, 'mounted', `${what}: the pod would not start`, 'name what is there, or make it')];
  });
}

function keysOf(overlay: Overlay, secrets: Secrets, kind: string, name: string): string[] | undefined {
  if (kind === 'Secret') return secrets[name] ? Object.keys(secrets[name]) : GIVEN[name]?.keys;
  const thing = find(overlay, kind, name);
  if (thing) return Object.keys(thing.data ?? {});
  return kind === 'ConfigMap' ? GIVEN_MAPS[name] : undefined;
}

function wantedBy(workload: Workload): Wanted[] {
  const { pod, thing } = workload;
  const of = (kind: string, name: string | undefined, keys: string[] = []) => (name ? [{ kind, name, keys }] : []);
  const claims = ((thing.spec.volumeClaimTemplates ?? []) as Thing[]).map(({ metadata }) => metadata.name);
  const volumes = [
    ...(pod.volumes ?? []),
    ...(pod.volumes ?? []).flatMap((it) => (it.projected?.sources ?? []) as Volume[]),
  ];
  return [
    ...of('ServiceAccount', pod.serviceAccountName),
    ...of('Service', thing.kind === 'StatefulSet' ? thing.spec.serviceName : undefined),
    ...volumes.flatMap(({ configMap, secret, persistentVolumeClaim }) => [
      ...of(
        'ConfigMap',
        configMap?.name,
        configMap?.items?.map(({ key }) => key),
      ),
      ...of(
        'Secret',
        secret?.secretName ?? secret?.name,
        secret?.items?.map(({ key }) => key),
      ),
      ...of('PersistentVolumeClaim', persistentVolumeClaim?.claimName),
    ]),
    ...containersOf(workload).flatMap(({ env = [], envFrom = [], volumeMounts = [] }) => [
      ...envFrom.flatMap(({ configMapRef }) => of('ConfigMap', configMapRef?.name)),
      ...env.flatMap(({ valueFrom }) =>
        of('ConfigMap', valueFrom?.configMapKeyRef?.name, [valueFrom?.configMapKeyRef?.key ?? '']),
      ),
      ...volumeMounts
        .filter(({ name }) => !claims.includes(name) && !pod.volumes?.some((volume) => volume.name === name))
        .flatMap(({ name }) => of('volume', name)),
    ]),
  ];
}

function secretsOfCluster({ spec }: Thing): Wanted[] {
  const { superuserSecret, certificates = {}, backup, externalClusters = [] } = spec;
  const stores = [backup?.barmanObjectStore, ...externalClusters.map((one: Thing['spec']) => one.barmanObjectStore)];
  const named = [
    [superuserSecret?.name, ['username', 'password']],
    [certificates.serverTLSSecret, ['tls.crt', 'tls.key']],
    [certificates.serverCASecret, ['ca.crt']],
    ...stores.flatMap((store) =>
      Object.values((store?.s3Credentials ?? {}) as Record<string, { name: string; key: string }>).map(
        ({ name, key }) => [name, [key]],
      ),
    ),
  ] as [string | undefined, string[]][];
  return named.flatMap(([name, keys]) => (name ? [{ kind: 'Secret', name, keys }] : []));
}

/** A schedule has the number of fields that its reader counts: five for Kubernetes, six for CloudNativePG. */
export function schedules(overlay: Overlay): Fault[] {
  const fieldsOf: Record<string, number> = { CronJob: 5, ScheduledBackup: 6 };
  return ofKind(overlay, ...Object.keys(fieldsOf)).flatMap((thing) => {
    const wanted = fieldsOf[thing.kind] ?? 0;
    const limits = [...(wanted === 6 ? [[0, 59]] : []), [0, 59], [0, 23], [1, 31], [1, 12], [0, 7]];
    const fields = String(thing.spec.schedule).trim().split(/\s+/);
    const good = fields.length === wanted && fields.every((field, at) => isField(field, limits[at] ?? []));
    if (good) return [];
    const why = `"${thing.spec.schedule}" is not ${wanted} fields that a calendar has, so it would never run`;
    return [fault(thing, 'schedule', why, `write ${wanted} fields: ${wanted === 6 ? 'second, ' : ''}minute, hour, …`)];
  });
}

function isField(field: string, [least = 0, most = 0]: number[]): boolean {
  return field.split(',').every((part) => {
    const [, range = '', step] = /^(\*|\d+(?:-\d+)?)(?:\/([1-9]\d*))?$/.exec(part) ?? [];
    if (!range) return false;
    if (range === '*') return step === undefined || Number(step) <= most;
    return range.split('-').every((one) => Number(one) >= least && Number(one) <= most);
  });
}
