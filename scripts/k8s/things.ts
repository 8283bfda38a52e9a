/** The parts of Kubernetes' objects that our checks read; all of it is held against the server's own schema elsewhere. */

export type Labels = Record<string, string>;
export type Selector = { matchLabels?: Labels; matchExpressions?: object[] };

export type Thing = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Labels; annotations?: Labels };
  data?: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own, and the schema check judges all of it
  spec?: any;
};

type KeyOf = { name: string; key: string };
type Probe = { grpc?: { port: number }; httpGet?: { port: Port }; tcpSocket?: { port: Port }; exec?: object };
export type Port = number | string;
type Items = { key: string; path: string }[];
type Source = { configMap?: Source1; secret?: Source1 & { secretName?: string } };
type Source1 = { name?: string; items?: Items; optional?: boolean };

export type Variable = {
  name: string;
  value?: string;
  valueFrom?: { configMapKeyRef?: KeyOf; secretKeyRef?: KeyOf; fieldRef?: object };
};

export type Container = {
  name: string;
  image: string;
  args?: string[];
  ports?: { name?: string; containerPort: number; hostPort?: number }[];
  env?: Variable[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  startupProbe?: Probe;
  readinessProbe?: Probe;
  livenessProbe?: Probe;
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  securityContext?: {
    allowPrivilegeEscalation?: boolean;
    readOnlyRootFilesystem?: boolean;
    privileged?: boolean;
    runAsNonRoot?: boolean;
    runAsUser?: number;
    procMount?: string;
    seccompProfile?: { type: string };
    capabilities?: { drop?: string[]; add?: string[] };
  };
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean; subPath?: string }[];
};

export type Volume = Source & {
  name: string;
  emptyDir?: object;
  persistentVolumeClaim?: { claimName: string };
  projected?: { sources: Source[] };
  hostPath?: object;
};

export type PodSpec = {
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  terminationGracePeriodSeconds?: number;
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  securityContext?: {
    runAsNonRoot?: boolean;
    runAsUser?: number;
    fsGroup?: number;
    seccompProfile?: { type: string };
    sysctls?: object[];
  };
  affinity?: { podAntiAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: { labelSelector?: Selector }[] } };
  topologySpreadConstraints?: { labelSelector?: Selector }[];
  initContainers?: Container[];
  containers: Container[];
  volumes?: Volume[];
};

/** What runs pods: `Deployment/membership`, their labels, and what they are made of. */
export type Workload = { thing: Thing; labels: Labels; pod: PodSpec; replicas: number };

/** An overlay, rendered. */
export type Overlay = { name: string; things: Thing[] };

/** A rule broken: on which object, why it is a rule, and what the reader can do. */
export type Fault = { object: string; rule: string; why: string; fix: string };

export const nameOf = ({ kind, metadata }: Thing): string => `${kind}/${metadata.name}`;

export const ofKind = ({ things }: Overlay, ...kinds: string[]): Thing[] =>
  things.filter(({ kind }) => kinds.includes(kind));

export const find = ({ things }: Overlay, kind: string, name: string): Thing | undefined =>
  things.find((thing) => thing.kind === kind && thing.metadata.name === name);

/** What runs pods in an overlay. An autoscaler's floor counts as the replicas of what it scales. */
export function workloadsOf(overlay: Overlay): Workload[] {
  return ofKind(overlay, 'Deployment', 'StatefulSet', 'DaemonSet', 'Job').map((thing) => {
    const { metadata, spec } = thing.spec.template;
    const scaler = ofKind(overlay, 'HorizontalPodAutoscaler').find(
      (one) => one.spec.scaleTargetRef.name === thing.metadata.name && one.spec.scaleTargetRef.kind === thing.kind,
    );
    const replicas = scaler?.spec.minReplicas ?? thing.spec.replicas ?? 1;
    return { thing, labels: metadata.labels ?? {}, pod: spec, replicas };
  });
}

export const containersOf = ({ pod }: Workload): Container[] => [...(pod.initContainers ?? []), ...pod.containers];

/** As the API server compares: no selector selects nothing, an empty one everything. Expressions are refused elsewhere. */
export function selects(selector: Selector | undefined, labels: Labels): boolean {
  if (!selector) return false;
  return Object.entries(selector.matchLabels ?? {}).every(([name, value]) => labels[name] === value);
}
