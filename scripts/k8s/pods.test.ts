import { beforeAll, describe, expect, test } from 'vitest';
import { Broken, type Row, type Stage, stage, toldOf } from './broken.ts';

let on: Stage;
beforeAll(async () => {
  on = await stage();
}, 180_000);

const membership = 'Deployment/membership';
const rows: Row[] = [
  [
    'a pod that runs as root',
    'staging',
    (b) => (b.pod().securityContext!.runAsNonRoot = false),
    [`${membership} restricted`],
  ],
  ['a user of the node', 'staging', (b) => (b.pod().securityContext!.runAsUser = 1000), [`${membership} restricted`]],
  [
    'a pod without seccomp',
    'staging',
    (b) => delete b.pod().securityContext!.seccompProfile,
    [`${membership} restricted`],
  ],
  [
    'a container that keeps capabilities',
    'staging',
    (b) => (b.container().securityContext!.capabilities!.drop = ['NET_RAW']),
    [`${membership} restricted`],
  ],
  [
    'a container that may gain privileges',
    'dev',
    (b) => delete b.container().securityContext!.allowPrivilegeEscalation,
    [`${membership} restricted`],
  ],
  [
    'a privileged container',
    'staging',
    (b) => (b.container().securityContext!.privileged = true),
    [`${membership} restricted`],
  ],
  [
    'a folder of the node',
    'staging',
    (b) => b.pod().volumes!.push({ name: 'node', hostPath: {} }),
    [`${membership} restricted`],
  ],
  ['a pod in the network of the node', 'staging', (b) => (b.pod().hostNetwork = true), [`${membership} restricted`]],
  ['a port of the node', 'staging', (b) => (b.container().ports![0]!.hostPort = 80), [`${membership} restricted`]],
  [
    'a token of the API server',
    'staging',
    (b) => delete b.pod().automountServiceAccountToken,
    [`${membership} no-token`],
  ],
  [
    'a secret in the environment',
    'staging',
    (b) => b.container().envFrom!.push({ secretRef: { name: 'membership' } }),
    [`${membership} secret-as-file`],
  ],
  [
    'one secret variable',
    'staging',
    (b) =>
      b
        .container('collector')
        .env!.push({ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'membership', key: 'NATS_URL' } } }),
    ['Deployment/collector secret-as-file'],
  ],
  [
    'an image that its process may write to',
    'production',
    (b) => (b.container().securityContext!.readOnlyRootFilesystem = false),
    [`${membership} read-only`],
  ],
  [
    'a container without a limit of memory',
    'staging',
    (b) => delete b.container().resources!.limits,
    [`${membership} limits`],
  ],
  [
    'a server that never says that it is ready',
    'staging',
    (b) => delete b.container('collector').readinessProbe,
    ['Deployment/collector probes'],
  ],
  [
    'a probe of a port that is not there',
    'staging',
    (b) => (b.container('nats', 'StatefulSet').livenessProbe!.httpGet!.port = 'x'),
    ['StatefulSet/nats probes'],
  ],
  [
    'replicas that may stand on one node',
    'staging',
    (b) => delete b.pod().topologySpreadConstraints,
    [`${membership} spread`],
  ],
  [
    'an image by its tag',
    'production',
    (b) => (b.container().image = 'jonction/membership:1.0'),
    [`${membership} digest`],
  ],
  [
    'a PostgreSQL by its tag',
    'production',
    (b) => (b.the('Cluster', 'postgres').spec.imageName = 'postgresql:18'),
    ['Cluster/postgres digest'],
  ],
];

const seen = new Set<string>();
describe('a pod is as closed as it can be; refused:', () => {
  test.each(rows)('%s', (_, name, breaks, expected) => {
    const broken = new Broken(on, name);
    breaks(broken);
    const { told, by } = toldOf(broken.overlay, on.code);
    expect(told).toEqual([...expected].sort());
    for (const check of by) seen.add(check);
  });
});

test('each of these checks has found something above', () => {
  expect([...seen]).toEqual(
    expect.arrayContaining([
      'digests',
      'limits',
      'noToken',
      'probes',
      'readOnlyRoot',
      'restricted',
      'secretsAsFiles',
      'spread',
    ]),
  );
});
