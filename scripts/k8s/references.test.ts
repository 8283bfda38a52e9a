import { beforeAll, describe, expect, test } from 'vitest';
import { Broken, type Row, type Stage, stage, toldOf } from './broken.ts';

let on: Stage;
beforeAll(async () => {
  on = await stage();
}, 180_000);

const membership = 'Deployment/membership';
const rows: Row[] = [
  [
    'a Deployment whose selector is another’s',
    'staging',
    (b) => (b.the('Deployment', 'membership').spec.selector.matchLabels = { app: 'x' }),
    [`${membership} selector`],
  ],
  [
    'a budget of disruptions for nobody',
    'staging',
    (b) => (b.the('PodDisruptionBudget', 'membership').spec.selector.matchLabels = { app: 'x' }),
    ['PodDisruptionBudget/membership selector'],
  ],
  [
    'a spread over pods of another',
    'staging',
    (b) => (b.pod().topologySpreadConstraints![0]!.labelSelector = { matchLabels: { app: 'procurement' } }),
    [`${membership} selector`],
  ],
  [
    'a selector that the checks cannot read',
    'staging',
    (b) => (b.the('PodDisruptionBudget', 'membership').spec.selector.matchExpressions = []),
    ['PodDisruptionBudget/membership selector'],
  ],
  [
    'an autoscaler of what is not there',
    'staging',
    (b) => (b.the('HorizontalPodAutoscaler', 'membership').spec.scaleTargetRef.name = 'x'),
    ['HorizontalPodAutoscaler/membership scaler'],
  ],
  [
    'an autoscaler beside stated replicas',
    'staging',
    (b) => (b.the('Deployment', 'membership').spec.replicas = 2),
    ['HorizontalPodAutoscaler/membership scaler'],
  ],
  [
    'a Service with nobody behind it',
    'staging',
    (b) => (b.the('Service', 'nats-partners').spec.selector.app = 'x'),
    ['Service/nats-partners endpoints'],
  ],
  [
    'a Service that leads to no port',
    'staging',
    (b) => (b.the('Service', 'nats-servers').spec.ports[0].targetPort = 'x'),
    ['Service/nats-servers endpoints'],
  ],
  ['a ConfigMap that is not there', 'staging', (b) => b.drop('ConfigMap', 'operators'), [`${membership} mounted`]],
  [
    'a Secret that nobody makes',
    'staging',
    (b) => (b.pod().volumes!.find(({ name }) => name === 'ca')!.secret!.secretName = 'x'),
    [`${membership} mounted`],
  ],
  [
    'a key that a Secret does not have',
    'staging',
    (b) => (b.pod().volumes!.find(({ name }) => name === 'ca')!.secret!.items![0]!.key = 'x'),
    [`${membership} mounted`],
  ],
  [
    'a list that the place does not give',
    'staging',
    (b) => (b.pod('procurement').volumes!.find(({ name }) => name === 'norms')!.configMap!.items![0]!.key = 'x'),
    ['Deployment/procurement mounted'],
  ],
  [
    'a claim that is not there',
    'staging',
    (b) => b.drop('PersistentVolumeClaim', 'teletransmission'),
    ['Deployment/teletransmission mounted'],
  ],
  ['a mount without its volume', 'staging', (b) => b.pod().volumes!.shift(), [`${membership} mounted`]],
  [
    'credentials of backups that nobody gives',
    'production',
    (b) => (b.the('Cluster', 'postgres').spec.backup.barmanObjectStore.s3Credentials.accessKeyId.key = 'x'),
    ['Cluster/postgres mounted'],
  ],
  [
    'a schedule with the fields of another reader',
    'production',
    (b) => (b.the('ScheduledBackup', 'nightly').spec.schedule = '30 1 * * *'),
    ['ScheduledBackup/nightly schedule'],
  ],
  [
    'a schedule at an hour that does not come',
    'production',
    (b) => (b.the('ScheduledBackup', 'nightly').spec.schedule = '0 0 24 * * *'),
    ['ScheduledBackup/nightly schedule'],
  ],
];

const seen = new Set<string>();
describe('what an object refers to is there; refused:', () => {
  test.each(rows)('%s', (_, name, breaks, expected) => {
    const broken = new Broken(on, name);
    breaks(broken);
    const { told, by } = toldOf(broken.overlay, on.code);
    expect(told).toEqual([...expected].sort());
    for (const check of by) seen.add(check);
  });
});

test('each of these checks has found something above', () => {
  expect([...seen]).toEqual(expect.arrayContaining(['endpoints', 'mounted', 'scalers', 'schedules', 'selectors']));
});
