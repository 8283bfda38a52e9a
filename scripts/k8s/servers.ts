import type { Code } from './code.ts';
import { type Fault, find, nameOf, type Overlay, ofKind, type Thing, workloadsOf } from './things.ts';

/** The configuration of nats-server in an overlay, as the server reads it. */
export function natsConfiguration(overlay: Overlay): { conf: string; cluster: string } {
  const map = ofKind(overlay, 'ConfigMap').find(({ metadata }) => /^nats(-\w+)?$/.test(metadata.name));
  const bare = (text = '') => text.replaceAll(/#.*$/gm, '');
  return { conf: bare(map?.data?.['nats.conf']), cluster: bare(map?.data?.['cluster.conf']) };
}

/** nats-server keeps what the platform promises: on the disk before it is acknowledged, on several servers, behind TLS. */
export function nats(overlay: Overlay): Fault[] {
  const { conf, cluster } = natsConfiguration(overlay);
  const server = workloadsOf(overlay).find(({ thing }) => thing.metadata.name === 'nats');
  const replicas = server?.replicas ?? 0;
  const routes = [...cluster.matchAll(/nats:\/\/([\w.-]+):6222/g)].map(([, host]) => host);
  const wanted = Array.from({ length: replicas }, (_, at) => `nats-${at}.${server?.thing.spec.serviceName}`);
  const copies = Number(variableOf(find(overlay, 'Job', 'provision'), 'NATS_REPLICAS') ?? 1);
  const told: [boolean, string, string][] = [
    [!/sync_interval:\s*always/.test(conf), 'it acknowledges before the disk has it', 'set sync_interval: always'],
    [!/^tls\s*{/m.test(conf), 'clients send their words in the clear', 'give nats.conf its tls'],
    [!/^include \.\/operator\.json$/m.test(conf), 'it lets in whoever comes', 'include ./operator.json'],
    [
      replicas > 1 && routes.join() !== wanted.join(),
      `its ${replicas} servers are ${wanted.join(', ')}, and its routes lead to ${routes.join(', ') || 'none'}`,
      'give nats-cluster.conf a route to each server',
    ],
    [
      replicas > 1 && !/tls\s*{[^}]*verify:\s*true/.test(cluster),
      'whoever reaches port 6222 joins it and sees all',
      'set tls { verify: true } in nats-cluster.conf',
    ],
    [replicas === 1 && cluster.trim() !== '', 'one server waits for others for ever', 'leave cluster.conf empty'],
    [
      copies !== replicas,
      `streams lie on ${copies} of ${replicas} servers`,
      'give NATS_REPLICAS of the Job provision the replicas of the StatefulSet',
    ],
    [overlay.name !== 'dev' && replicas < 3, 'the loss of one server stops it', 'run three'],
  ];
  return told
    .filter(([wrong]) => wrong)
    .map(([, why, fix]) => ({ object: 'StatefulSet/nats', rule: 'nats', why, fix }));
}

function variableOf(job: Thing | undefined, name: string): string | undefined {
  const [container] = job?.spec.template.spec.containers ?? [];
  return container?.env?.find((one: { name: string }) => one.name === name)?.value;
}

/** PostgreSQL is the one that the code is tested with, keeps its promise when a server is lost, and is backed up where it counts. */
export function postgres(overlay: Overlay, code: Code): Fault[] {
  const cluster = find(overlay, 'Cluster', 'postgres');
  if (!cluster)
    return [{ object: 'Cluster/postgres', rule: 'postgres', why: 'there is none', fix: 'keep base/postgres.yaml' }];
  const { spec } = cluster;
  const parameters = spec.postgresql?.parameters ?? {};
  // The operator turns fsync on and lets nobody say otherwise.
  const other = Object.entries(code.postgres).filter(([name, value]) => name !== 'fsync' && parameters[name] !== value);
  const isReal = ['production', 'restore'].includes(overlay.name);
  const nightly = ofKind(overlay, 'ScheduledBackup').some((one) => one.spec.cluster.name === cluster.metadata.name);
  const told: [boolean, string, string][] = [
    ...other.map(([name, value]): [boolean, string, string] => [
      true,
      `${name} is not ${value}, with which the code is tested`,
      `set ${name}: ${value} (libs/stack/src/postgres.ts says why)`,
    ]),
    [
      spec.instances > 1 && (spec.postgresql?.synchronous?.number ?? 0) < 1,
      'a commit is answered before a second server has it',
      'set postgresql.synchronous',
    ],
    [overlay.name !== 'dev' && spec.instances < 3, 'the loss of one server leaves none to spare', 'run three'],
    [
      isReal && !(spec.backup?.barmanObjectStore?.wal && nightly),
      'it cannot be taken back to a moment: that needs the archive of changes and a whole copy each night',
      'use the component backup',
    ],
    [
      !spec.postgresql?.pg_hba?.includes('hostnossl all all all reject'),
      'it lets in who speaks in the clear',
      'keep the line hostnossl in pg_hba',
    ],
  ];
  return told
    .filter(([wrong]) => wrong)
    .map(([, why, fix]) => ({ object: nameOf(cluster), rule: 'postgres', why, fix }));
}

/** What must be given before real use: digests of zeros, hosts and networks that exist in documentation only. */
export function placeholders({ things }: Overlay): string[] {
  const text = JSON.stringify(things.map(({ metadata: _, ...thing }) => thing));
  const digests = text.match(/[\w./-]+@sha256:0{64}/g) ?? [];
  const hosts = text.match(/[\w-]+\.example\b/g) ?? [];
  const networks = text.match(/\b(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+\/\d+/g) ?? [];
  return [...new Set([...digests.map((image) => image.replace(/@.*/, '@sha256:0…')), ...hosts, ...networks])].sort();
}
