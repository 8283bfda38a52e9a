import type { Code } from './code.ts';
import type { Secrets } from './given.ts';
import {
  type Container,
  containersOf,
  find,
  type Overlay,
  ofKind,
  type Port,
  selects,
  type Workload,
  workloadsOf,
} from './things.ts';

/** The environment of a container as its process finds it, with the files of its SECRETS_DIR as settings. */
export function environmentIn(
  overlay: Overlay,
  secrets: Secrets,
  { pod }: Workload,
  { env = [], envFrom = [], volumeMounts = [] }: Container,
): Record<string, string> {
  const shared = envFrom.flatMap(({ configMapRef }) =>
    Object.entries(find(overlay, 'ConfigMap', configMapRef?.name ?? '')?.data ?? {}),
  );
  const own = env.map(({ name, value, valueFrom }): [string, string] => {
    const { name: map = '', key = '' } = valueFrom?.configMapKeyRef ?? {};
    return [name, value ?? find(overlay, 'ConfigMap', map)?.data?.[key] ?? ''];
  });
  const plain = Object.fromEntries([...shared, ...own]);
  const mount = volumeMounts.find(({ mountPath }) => mountPath === plain.SECRETS_DIR);
  const name = pod.volumes?.find((volume) => volume.name === mount?.name)?.secret?.secretName ?? '';
  return { ...plain, ...secrets[name] };
}

/**
 * Which settings concern a container: what all pods share is in the environment of each, and few read it. A service reads those
 * of its config.ts and OpenTelemetry's; of others we know what they are given by name, and their secrets.
 */
export function readBy(
  workload: string,
  { env = [] }: Container,
  { services, secrets }: Code,
): (setting: string) => boolean {
  const service = services.find(({ name }) => name === workload);
  if (service) return (setting) => setting.startsWith('OTEL_') || service.names.includes(setting);
  return (setting) => env.some(({ name }) => name === setting) || setting in (secrets[workload] ?? {});
}

/** An address in a text: `nats://jwt:seed@nats:4222` gives `nats` and 4222, `https://login.example` 443. */
export type Address = { host: string; port: number };

const USUAL_PORTS: Record<string, number> = { https: 443, http: 80, postgresql: 5432, nats: 4222 };
/** Where one listens is no address that one calls. */
const EVERYWHERE = /^(0\.0\.0\.0|127\.0\.0\.1|localhost)$/;

/** The addresses that a setting holds: an URL, `host:port`, or a list of them. */
export function addressesIn(text: string): Address[] {
  const found = text.matchAll(
    /(?:(\w+):\/\/(?:[^\s@/,]*@)?|(?<=^|[\s,;=]))([a-zA-Z][\w.-]*)(?::(\d{2,5}))?(?=$|[\s,;/?])/g,
  );
  return [...found]
    .map(([, scheme, host = '', port]) => ({ host, port: Number(port ?? USUAL_PORTS[scheme ?? ''] ?? 0) }))
    .filter(({ host, port }) => port > 0 && !EVERYWHERE.test(host));
}

/** What stands behind an address: workloads of the overlay and the port that they listen on, or somebody outside. */
export type Target = { name: string; port: number };

/** Who listens behind an address. Undefined when its host has no dot, so is ours, and no Service bears that name or port. */
export function targetOf(overlay: Overlay, { host, port }: Address): Target | undefined {
  const [name = ''] = host.split('.');
  const cluster = ofKind(overlay, 'Cluster').find(({ metadata }) =>
    ['rw', 'ro', 'r'].some((kind) => host === `${metadata.name}-${kind}`),
  );
  if (cluster) return port === 5432 ? { name: cluster.metadata.name, port } : undefined;
  const service = find(overlay, 'Service', name);
  if (!service) return host.includes('.') ? { name: 'outside', port } : undefined;
  const { port: own, targetPort } = service.spec.ports.find((it: { port: number }) => it.port === port) ?? {};
  const [behind] = workloadsOf(overlay).filter(({ labels }) => selects({ matchLabels: service.spec.selector }, labels));
  if (own === undefined || !behind) return undefined;
  return { name: behind.thing.metadata.name, port: numberOf(behind, targetPort ?? own) };
}

function numberOf(workload: Workload, port: Port): number {
  const ports = containersOf(workload).flatMap((container) => container.ports ?? []);
  return typeof port === 'number' ? port : (ports.find(({ name }) => name === port)?.containerPort ?? 0);
}
