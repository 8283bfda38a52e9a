import type { Code, Service } from './code.ts';
import { addressesIn, environmentIn, readBy, targetOf } from './environment.ts';
import {
  type Container,
  containersOf,
  type Fault,
  find,
  nameOf,
  type Overlay,
  ofKind,
  type Workload,
  workloadsOf,
} from './things.ts';

/** Read by Node, by OpenTelemetry and by pg themselves, not by a service's config.ts. */
const READ_BY_OTHERS = /^(NODE_|OTEL_|PG|SECRETS_DIR$)/;

/** The workload of each service and its container: `services` sees to those that are not there. */
function eachService(
  overlay: Overlay,
  { services }: Code,
): { service: Service; workload: Workload; container: Container }[] {
  return services.flatMap((service) => {
    const workload = workloadsOf(overlay).find(({ thing }) => thing.metadata.name === service.name);
    const container = workload?.pod.containers[0];
    return workload && container ? [{ service, workload, container }] : [];
  });
}

/** Each service of the repository runs, can be found, has an account of its own, and is not stopped all at once. */
export function services(overlay: Overlay, code: Code): Fault[] {
  return code.services.flatMap(({ name }) =>
    ['Deployment', 'Service', 'ServiceAccount', 'PodDisruptionBudget']
      .filter((kind) => !find(overlay, kind, name))
      .map((kind) => ({
        object: `${kind}/${name}`,
        rule: 'service',
        why: `services/${name} has no ${kind}`,
        fix: `write deploy/k8s/base/${name}.yaml after that of another service, and name it in kustomization.yaml`,
      })),
  );
}

/** The service starts on this environment: its own config.ts reads it, the secrets as `npm run k8s:secrets` makes them. */
export function settings(overlay: Overlay, code: Code): Fault[] {
  return eachService(overlay, code).flatMap(({ service, workload, container }) => {
    const told = { object: nameOf(workload.thing), rule: 'setting' };
    const environment = environmentIn(overlay, code.secrets, workload, container);
    try {
      service.read({ ...environment, SECRETS_DIR: undefined });
      return (container.env ?? [])
        .filter(({ name }) => !READ_BY_OTHERS.test(name) && !service.names.includes(name))
        .map(({ name }) => ({
          ...told,
          why: `${name} is read by nobody: services/${service.name}/src/config.ts has no such setting`,
          fix: 'remove it, or give it the name that config.ts has',
        }));
    } catch (error) {
      const [, ...mistakes] = (error as Error).message.split('\n');
      return mistakes.map((mistake) => ({
        ...told,
        why: `the service would not start: ${mistake.trim()}`,
        fix: `give it in deploy/k8s/base/${service.name}.yaml, in the ConfigMap jonction, or in libs/stack's environmentOf for a secret`,
      }));
    }
  });
}

/** What all pods share is read by one of them at least: a setting with a mistaken name is in force nowhere. */
export function sharedSettings(overlay: Overlay, code: Code): Fault[] {
  const read = new Set(code.services.flatMap(({ names }) => names));
  const referred = JSON.stringify(ofKind(overlay, 'Deployment', 'StatefulSet', 'Job').map(({ spec }) => spec));
  const shared = ofKind(overlay, 'ConfigMap').find(({ metadata }) => /^jonction(-\w+)?$/.test(metadata.name));
  return Object.keys(shared?.data ?? {})
    .filter((name) => !READ_BY_OTHERS.test(name) && !read.has(name) && !referred.includes(`"key":"${name}"`))
    .map((name) => ({
      object: 'ConfigMap/jonction',
      rule: 'setting',
      why: `${name} is read by no service`,
      fix: 'remove it, or give it the name that a config.ts has',
    }));
}

/** The port that the code listens on is the one that the container names, the probes ask and the Service leads to. */
export function ports(overlay: Overlay, code: Code): Fault[] {
  return eachService(overlay, code).flatMap(({ service, workload, container }) => {
    const environment = environmentIn(overlay, code.secrets, workload, container);
    const port = Number(environment.GRPC_PORT);
    const { startupProbe, readinessProbe, livenessProbe } = container;
    const probes = { startupProbe, readinessProbe, livenessProbe };
    const target = targetOf(overlay, { host: service.name, port });
    const wrong = [
      ...(container.ports?.some(({ containerPort }) => containerPort === port)
        ? []
        : ['the container names another port']),
      ...Object.entries(probes)
        .filter(([, probe]) => probe?.grpc?.port !== port)
        .map(([name]) => `its ${name} does not ask it by gRPC`),
      ...(target?.port === port && target.name === service.name ? [] : ['its Service does not lead there']),
      ...(environment.GRPC_HOST === '0.0.0.0' ? [] : ['it listens on the loopback address only (GRPC_HOST)']),
    ];
    return wrong.map((what) => ({
      object: nameOf(workload.thing),
      rule: 'port',
      why: `the code listens on ${port || 'no port'}, and ${what}`,
      fix: 'say one port in GRPC_PORT, in ports, in the three probes and in the Service, and GRPC_HOST 0.0.0.0',
    }));
  });
}

/** A service that is told to stop is left the time that its code takes to end what is under way. */
export function stopping(overlay: Overlay, code: Code): Fault[] {
  return eachService(overlay, code).flatMap(({ workload, container }) => {
    const before = container.lifecycle?.preStop?.sleep?.seconds ?? 0;
    const needed = before + code.stopWithinMs / 1_000;
    const given = workload.pod.terminationGracePeriodSeconds ?? 30;
    if (given > needed) return [];
    const why = `it is killed after ${given} s, and its code may take ${needed} s to end calls under way`;
    return [
      { object: nameOf(workload.thing), rule: 'stopping', why, fix: 'give it a longer terminationGracePeriodSeconds' },
    ];
  });
}

/** Each address in an environment leads somewhere: to a Service of ours with that port, or out. */
export function addresses(overlay: Overlay, code: Code): Fault[] {
  return workloadsOf(overlay).flatMap((workload) =>
    containersOf(workload).flatMap((container) => {
      const read = readBy(workload.thing.metadata.name, container, code);
      const environment = Object.entries(environmentIn(overlay, code.secrets, workload, container));
      return environment
        .filter(([name]) => read(name))
        .flatMap(([name, value]) =>
          addressesIn(value)
            .filter((address) => !targetOf(overlay, address))
            .map(({ host, port }) => ({
              object: nameOf(workload.thing),
              rule: 'address',
              why: `${name} leads to ${host}:${port}, and no Service here has that name and port`,
              fix: 'name a Service and its port, or a host with its domain',
            })),
        );
    }),
  );
}
