import {
  type Container,
  containersOf,
  type Fault,
  nameOf,
  type Overlay,
  ofKind,
  type Volume,
  type Workload,
  workloadsOf,
} from './things.ts';

type Saying = { why: string; fix: string };

/** What a check says of each pod, as faults of what runs it. */
function ofPods(overlay: Overlay, rule: string, say: (workload: Workload) => Saying[]): Fault[] {
  return workloadsOf(overlay).flatMap((workload) =>
    say(workload).map((saying) => ({ object: nameOf(workload.thing), rule, ...saying })),
  );
}

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** The Pod Security Standard "restricted", rule by rule; and a user of our own, so that none shares its id with the node's. */
export function restricted(overlay: Overlay): Fault[] {
  const fix =
    'copy the securityContext of another service: this is the standard "restricted", which the namespace enforces';
  return ofPods(overlay, 'restricted', (workload) => {
    const { pod } = workload;
    const own = pod.securityContext ?? {};
    const foreign = (pod.volumes ?? []).flatMap((volume) => foreignKind(volume));
    const told: [boolean, string][] = [
      [Boolean(pod.hostNetwork || pod.hostPID || pod.hostIPC), 'it shares a namespace of the node'],
      [foreign.length > 0, `a volume is a ${foreign.join(', ')}`],
      [(own.sysctls ?? []).length > 0, 'it changes settings of the kernel'],
      ...containersOf(workload).flatMap((container) => ofContainer(container, own)),
    ];
    return told.filter(([wrong]) => wrong).map(([, why]) => ({ why, fix }));
  });
}

const foreignKind = (volume: Volume) => Object.keys(volume).filter((key) => key !== 'name' && !VOLUMES.includes(key));

function ofContainer(
  { name, ports = [], securityContext: own = {} }: Container,
  ofPod: NonNullable<Workload['pod']['securityContext']>,
): [boolean, string][] {
  const { capabilities: { drop = [], add = [] } = {} } = own;
  const seccomp = own.seccompProfile?.type ?? ofPod.seccompProfile?.type;
  const user = own.runAsUser ?? ofPod.runAsUser ?? 0;
  return [
    [own.privileged === true, `container ${name} is privileged`],
    [own.allowPrivilegeEscalation !== false, `container ${name} may gain privileges`],
    [!drop.includes('ALL') || add.some((it) => it !== 'NET_BIND_SERVICE'), `container ${name} keeps capabilities`],
    [(own.runAsNonRoot ?? ofPod.runAsNonRoot) !== true, `container ${name} may run as root`],
    [user < 10_000, `container ${name} runs as user ${user}, and below 10000 are those of the node`],
    [!['RuntimeDefault', 'Localhost'].includes(seccomp ?? ''), `container ${name} has no seccomp profile`],
    [(own.procMount ?? 'Default') !== 'Default', `container ${name} sees /proc as it is`],
    [ports.some(({ hostPort }) => hostPort), `container ${name} takes a port of the node`],
  ];
}

/** No pod of ours asks the API server anything, so none has a token for it. */
export function noToken(overlay: Overlay): Fault[] {
  return ofPods(overlay, 'no-token', ({ pod }) => {
    if (pod.automountServiceAccountToken === false) return [];
    const why = 'it is given a token of the API server, which whoever breaks in would use';
    return [{ why, fix: 'set automountServiceAccountToken: false' }];
  });
}

/** A secret is a file: what is in the environment is inherited by children and written into dumps. */
export function secretsAsFiles(overlay: Overlay): Fault[] {
  return ofPods(overlay, 'secret-as-file', (workload) =>
    containersOf(workload)
      .filter(
        ({ env = [], envFrom = [] }) =>
          env.some(({ valueFrom }) => valueFrom?.secretKeyRef) || envFrom.some(({ secretRef }) => secretRef),
      )
      .map(({ name }) => ({
        why: `container ${name} has a secret in its environment, which children inherit and dumps hold`,
        fix: 'mount it in the folder that SECRETS_DIR names',
      })),
  );
}

/** What breaks in finds nothing to write to. In dev, Tilt writes changed sources. */
export function readOnlyRoot(overlay: Overlay): Fault[] {
  if (overlay.name === 'dev') return [];
  return ofPods(overlay, 'read-only', (workload) =>
    containersOf(workload)
      .filter(({ securityContext }) => securityContext?.readOnlyRootFilesystem !== true)
      .map(({ name }) => ({
        why: `container ${name} may write to its own image, and so may who breaks in`,
        fix: 'set readOnlyRootFilesystem: true, and mount an emptyDir where it must write',
      })),
  );
}

/** Each container says what it needs and how much memory it may take: else it starves its neighbours, or they it. */
export function limits(overlay: Overlay): Fault[] {
  return ofPods(overlay, 'limits', (workload) =>
    containersOf(workload)
      .filter(({ resources }) => !resources?.requests?.cpu || !resources.requests.memory || !resources.limits?.memory)
      .map(({ name }) => ({
        why: `container ${name} does not say what it needs, so it is placed blindly and ended first`,
        fix: 'give requests of cpu and memory, and a limit of memory',
      })),
  );
}

/** Whatever serves says when it is ready; else it gets calls before it can answer. What ends by itself needs no probe. */
export function probes(overlay: Overlay): Fault[] {
  return ofPods(overlay, 'probes', (workload) => {
    if (workload.thing.kind === 'Job') return [];
    const ports = new Set(
      workload.pod.containers.flatMap(({ ports: its = [] }) => its.flatMap((it) => [it.name, it.containerPort])),
    );
    return workload.pod.containers.flatMap((container) => {
      const its = [container.startupProbe, container.readinessProbe, container.livenessProbe].flatMap((it) => it ?? []);
      const asked = its.map((probe) => probe.grpc?.port ?? probe.httpGet?.port ?? probe.tcpSocket?.port);
      const wrong = asked.filter((port) => port === undefined || !ports.has(port));
      return [
        ...(container.readinessProbe
          ? []
          : [
              {
                why: `container ${container.name} is sent calls before it can answer`,
                fix: 'give it a readinessProbe',
              },
            ]),
        ...wrong.map((port) => ({
          why: `a probe of container ${container.name} asks ${port ?? 'a program'}, which it does not have`,
          fix: 'ask a port that the container names',
        })),
      ];
    });
  });
}

/** Replicas stand on several nodes; else one node's end is the end of all of them. */
export function spread(overlay: Overlay): Fault[] {
  return ofPods(overlay, 'spread', ({ pod, replicas }) => {
    if (replicas < 2 || pod.topologySpreadConstraints?.length || pod.affinity?.podAntiAffinity) return [];
    const why = `its ${replicas} replicas may stand on one node`;
    return [{ why, fix: 'give it topologySpreadConstraints over kubernetes.io/hostname' }];
  });
}

/** What a cluster of all runs is that very image, not what a tag points to today. In dev, images are made on the spot. */
export function digests(overlay: Overlay): Fault[] {
  if (overlay.name === 'dev') return [];
  return imagesOf(overlay)
    .filter(({ image }) => !/@sha256:[0-9a-f]{64}$/.test(image))
    .map(({ object, image }) => ({
      object,
      rule: 'digest',
      why: `${image} is whatever its tag points to on the day`,
      fix: 'give its digest in deploy/k8s/components/release/kustomization.yaml',
    }));
}

/** The images of an overlay, and who runs each. */
export function imagesOf(overlay: Overlay): { object: string; image: string }[] {
  return [
    ...workloadsOf(overlay).flatMap((workload) =>
      containersOf(workload).map(({ image }) => ({ object: nameOf(workload.thing), image })),
    ),
    ...ofKind(overlay, 'Cluster').map((thing) => ({ object: nameOf(thing), image: String(thing.spec.imageName) })),
  ];
}
