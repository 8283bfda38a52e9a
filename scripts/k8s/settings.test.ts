import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readSettings, settings, z } from '@jonction/service';
import { beforeAll, describe, expect, test } from 'vitest';
import { readCodeLists } from '../../services/procurement/src/commands/code-lists.ts';
import { faultsOf } from '../k8s-check.ts';
import { Broken, type Row, type Stage, stage, toldOf } from './broken.ts';

let on: Stage;
beforeAll(async () => {
  on = await stage();
}, 180_000);

const membership = 'Deployment/membership';
const rows: Row[] = [
  [
    'a service without a budget of disruptions',
    'staging',
    (b) => b.drop('PodDisruptionBudget', 'procurement'),
    ['PodDisruptionBudget/procurement service'],
  ],
  [
    'a setting that config.ts requires and nobody gives',
    'staging',
    (b) => (b.container().env = b.container().env!.filter(({ name }) => name !== 'OPERATORS_DIR')),
    [`${membership} setting`],
  ],
  [
    'a setting that nobody reads',
    'staging',
    (b) => b.container().env!.push({ name: 'OPERATOR_DIR', value: '/x' }),
    [`${membership} setting`],
  ],
  [
    'a shared setting that nobody reads',
    'staging',
    (b) => (b.the('ConfigMap', 'jonction').data!.OIDC_ISUER = '/x'),
    ['ConfigMap/jonction setting'],
  ],
  [
    'a port that the container does not name',
    'staging',
    (b) => (b.container().ports![0]!.containerPort = 50_052),
    [`${membership} port`, `${membership} probes`, 'overlays/staging edge'],
  ],
  [
    'a probe that is not of gRPC',
    'staging',
    (b) => (b.container().livenessProbe = { tcpSocket: { port: 'grpc' } }),
    [`${membership} port`],
  ],
  ['a service that listens to itself only', 'staging', (b) => b.set('GRPC_HOST', '127.0.0.1'), [`${membership} port`]],
  [
    'a service that is killed while it ends calls',
    'staging',
    (b) => (b.pod().terminationGracePeriodSeconds = 15),
    [`${membership} stopping`],
  ],
  [
    'an address of nobody',
    'dev',
    (b) => b.set('CONSOLE_URL', 'http://consol:4318', 'console'),
    ['Deployment/console address'],
  ],
  [
    'an address with another port',
    'dev',
    (b) => (b.the('ConfigMap', 'jonction').data!.PREFECTURE_URL = 'http://prefecture:80'),
    ['Deployment/teletransmission address', 'overlays/dev edge'],
  ],
  [
    'a PostgreSQL that logs what persons typed',
    'staging',
    (b) => delete b.the('Cluster', 'postgres').spec.postgresql.parameters.log_error_verbosity,
    ['Cluster/postgres postgres'],
  ],
  [
    'commits that one server alone has',
    'staging',
    (b) => delete b.the('Cluster', 'postgres').spec.postgresql.synchronous,
    ['Cluster/postgres postgres'],
  ],
  [
    'a production without nightly copies',
    'production',
    (b) => b.drop('ScheduledBackup', 'nightly'),
    ['Cluster/postgres postgres'],
  ],
  [
    'a PostgreSQL that speaks in the clear',
    'staging',
    (b) => delete b.the('Cluster', 'postgres').spec.postgresql.pg_hba,
    ['Cluster/postgres postgres'],
  ],
  [
    'a NATS that acknowledges before its disk has it',
    'staging',
    (b) => b.configure((it) => it.replace('always', '2m')),
    ['StatefulSet/nats nats'],
  ],
  [
    'a NATS without TLS',
    'staging',
    (b) => b.configure((it) => it.replace(/^tls {[^}]*}/m, '')),
    ['StatefulSet/nats nats'],
  ],
  [
    'a NATS that lets everybody in',
    'staging',
    (b) => b.configure((it) => it.replace(/^include .\/operator.*$/m, '')),
    ['StatefulSet/nats nats'],
  ],
  [
    'a server that the others do not know',
    'staging',
    (b) => b.configure((it) => it.replace(/nats:\/\/nats-2.*/, ''), 'cluster.conf'),
    ['StatefulSet/nats nats'],
  ],
  [
    'servers that anybody joins',
    'staging',
    (b) => b.configure((it) => it.replace('verify: true', ''), 'cluster.conf'),
    ['StatefulSet/nats nats'],
  ],
  [
    'streams on one server of three',
    'staging',
    (b) => b.set('NATS_REPLICAS', '1', 'provision', 'Job'),
    ['StatefulSet/nats nats'],
  ],
];

const seen = new Set<string>();
describe('what is deployed is what the code needs; refused:', () => {
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
      'addresses',
      'nats',
      'ports',
      'postgres',
      'services',
      'settings',
      'sharedSettings',
      'stopping',
    ]),
  );
});

test('a setting that a builder adds to config.ts is missed at once', () => {
  const { overlay } = new Broken(on, 'production');
  const read = (environment: Record<string, string | undefined>) =>
    readSettings({ ...settings, MERGE_WITHIN_DAYS: z.coerce.number() }, environment);
  const services = on.code.services.map((one) => (one.name === 'procurement' ? { ...one, read } : one));
  const [fault] = faultsOf(overlay, { code: { ...on.code, services } });
  expect(fault).toMatchObject({ object: 'Deployment/procurement', why: expect.stringContaining('MERGE_WITHIN_DAYS') });
});

test('a service that is added and not deployed is missed', () => {
  const [first] = on.code.services;
  const services = [...on.code.services, { ...first!, name: 'incidents', serves: false, says: false, hears: [] }];
  const { told } = toldOf(new Broken(on, 'dev').overlay, { ...on.code, services });
  expect(told).toEqual(
    ['Deployment', 'PodDisruptionBudget', 'Service', 'ServiceAccount'].map((kind) => `${kind}/incidents service`),
  );
});

test('the lists of codes lie where procurement reads them', () => {
  const broken = new Broken(on, 'production');
  const folder = mkdtempSync(join(tmpdir(), 'jonction-norms-'));
  const volume = broken.pod('procurement').volumes!.find(({ name }) => name === 'norms')!;
  for (const { key, path } of volume.configMap!.items!) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), key === 'cpv_2008.csv' ? 'code\n45000000,x\n' : 'code\nFRC11,x\n');
  }
  const codes = readCodeLists(folder);
  expect([codes.isCpv('45000000'), codes.isNuts3('FRC11'), codes.isCpv('45000001')]).toEqual([true, true, false]);
  rmSync(folder, { recursive: true });
  const { mountPath } = broken.container('procurement').volumeMounts!.find(({ name }) => name === 'norms')!;
  expect(broken.container('procurement').env).toContainEqual({ name: 'NORMS_DIR', value: mountPath });
});
