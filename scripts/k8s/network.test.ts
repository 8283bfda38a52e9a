import { beforeAll, describe, expect, test } from 'vitest';
import { Broken, type Row, type Stage, stage, toldOf } from './broken.ts';
import { askedBy } from './code.ts';
import { addressesIn } from './environment.ts';
import { neededEdges } from './needed-edges.ts';
import { edges } from './network.ts';

let on: Stage;
beforeAll(async () => {
  on = await stage();
}, 180_000);

const rows: Row[] = [
  [
    'an edge that the settings need and nobody opens',
    'staging',
    (b) => b.drop('NetworkPolicy', 'to-prefecture'),
    ['overlays/staging edge'],
  ],
  [
    'a bus that services may not reach',
    'staging',
    (b) => (b.the('NetworkPolicy', 'nats').spec.ingress[0].from[0].podSelector.matchLabels.tier = 'x'),
    ['overlays/staging edge'],
  ],
  [
    'a service that may not leave for those that it asks',
    'dev',
    (b) => b.drop('NetworkPolicy', 'membership'),
    ['overlays/dev edge'],
  ],
  [
    'a service that lets nobody in who asks it',
    'production',
    (b) => b.drop('NetworkPolicy', 'membership-to-dce-library'),
    ['overlays/production edge'],
  ],
  [
    'an edge that nothing needs',
    'staging',
    (b) => b.the('NetworkPolicy', 'services').spec.egress[0].ports.push({ protocol: 'TCP', port: 6222 }),
    ['overlays/staging edge'],
  ],
  [
    'a way out that nothing needs',
    'staging',
    (b) => (b.the('NetworkPolicy', 'to-prefecture').spec.podSelector.matchLabels.app = 'nats'),
    ['overlays/staging edge'],
  ],
  [
    'addresses of nobody knows whom',
    'staging',
    (b) => delete b.the('NetworkPolicy', 'to-traces').metadata.annotations,
    ['NetworkPolicy/to-traces edge', 'overlays/staging edge'],
  ],
  [
    'a rule for all ports',
    'staging',
    (b) => delete b.the('NetworkPolicy', 'nats').spec.ingress[1].ports,
    ['NetworkPolicy/nats edge', 'overlays/staging edge'],
  ],
  [
    'pods that are open until a policy names them',
    'staging',
    (b) => b.drop('NetworkPolicy', 'nobody'),
    ['overlays/staging closed'],
  ],
];

const seen = new Set<string>();
describe('who may talk is who must; refused:', () => {
  test.each(rows)('%s', (_, name, breaks, expected) => {
    const broken = new Broken(on, name);
    breaks(broken);
    const { told, by } = toldOf(broken.overlay, on.code);
    expect(told).toEqual([...expected].sort());
    for (const check of by) seen.add(check);
  });
});

test('each of these checks has found something above', () => {
  expect([...seen]).toEqual(expect.arrayContaining(['closed', 'edges']));
});

test('whom a service asks needs an edge because its code says so, whatever the manifest says of addresses', () => {
  const broken = new Broken(on, 'staging');
  broken.drop('NetworkPolicy', 'membership-to-procurement');
  const container = broken.container();
  container.env = container.env!.filter(({ name }) => !name.endsWith('_ADDRESS'));
  expect(edges(broken.overlay, on.code).map(({ why }) => why)).toEqual([
    'membership → procurement:50051 is closed, and needed: it calls a contract of procurement',
  ]);
});

test('a service that begins to call another, and a new listener, need an edge as soon as their code says so', () => {
  const { overlay } = new Broken(on, 'staging');
  const services = on.code.services.map((one) =>
    one.name === 'procurement' ? { ...one, asks: ['membership'], hears: ['membership'] } : one,
  );
  expect(edges(overlay, { ...on.code, services }).map(({ why }) => why)).toEqual([
    'procurement → membership:50051 is closed, and needed: it calls a contract of membership',
  ]);
  expect(neededEdges(overlay, { ...on.code, services }).get('procurement → nats:4222')).toBe('it hears membership');
});

test('the code says whom membership asks and hears: all the others', () => {
  const { asks, hears } = on.code.services.find(({ name }) => name === 'membership')!;
  expect(asks).toEqual(['dce-library', 'procurement', 'teletransmission']);
  expect(hears).toEqual(['dce-library', 'procurement', 'teletransmission']);
});

test('whom a service asks is read from its code: contracts given to connectTo, and those that it does not serve itself', () => {
  const served = new Map([
    ['membership', ['MembershipServiceDefinition', 'MergeServiceDefinition']],
    ['procurement', ['ConsultationServiceDefinition', 'MergeServiceDefinition']],
    ['dce-library', ['ShelfServiceDefinition']],
  ]);
  const asked = (text: string) => askedBy('membership', text, served);
  expect(asked('import { MembershipServiceDefinition } from …; rpc(MergeServiceDefinition)')).toEqual([]);
  expect(asked('const shelf = client(ShelfServiceDefinition)')).toEqual(['dce-library']);
  expect(asked('connectTo(\n  MergeServiceDefinition, address)')).toEqual(['procurement']);
});

test('an address in a setting is seen in every form, and where one listens is none', () => {
  const seen = (text: string) => addressesIn(text).map(({ host, port }) => `${host}:${port}`);
  expect(seen('nats://jwt.a-b_c:seed@nats:4222')).toEqual(['nats:4222']);
  expect(seen('https://login.example/realm?x=1')).toEqual(['login.example:443']);
  expect(seen('procurement=procurement:50051,dce-library=dce-library:50051')).toEqual([
    'procurement:50051',
    'dce-library:50051',
  ]);
  expect(seen('0.0.0.0:50051 127.0.0.1:4222 /etc/jonction on 50051 verify-full')).toEqual([]);
});
