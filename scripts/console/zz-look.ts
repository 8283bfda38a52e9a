import { publicationSample, sendSample } from './sample-traces.ts';
import { startConsole } from './server.ts';

const c = await startConsole({ port: 14318, dataDir: '/tmp/console-look' });
const a = await sendSample(
  c.url,
  {
    service: 'membership',
    name: 'jonction.membership.v1.Membership/AdmitMember',
    from: 0,
    to: 7,
    children: [{ service: 'membership', name: 'transaction', from: 1, to: 6 }],
  },
  Date.now() - 60000,
);
const b = await sendSample(
  c.url,
  {
    service: 'procurement',
    name: 'jonction.procurement.v1.Procurement/DepositTender',
    from: 0,
    to: 1240,
    error: 'DEADLINE_PAST',
    attributes: { x: '<script>alert(1)</script>' },
  },
  Date.now() - 30000,
);
await sendSample(c.url, publicationSample([a, b]));
const many = [];
for (let i = 0; i < 8; i++)
  many.push(
    await sendSample(
      c.url,
      { service: 'dce-library', name: 'jonction.dce_library.v1.DceLibrary/ReleaseDossier', from: 0, to: 3 + i * 40 },
      Date.now() - i * 9000,
    ),
  );
await sendSample(
  c.url,
  { service: 'dce-library', name: 'publish batch', from: 0, to: 12, links: many },
  Date.now() - 200,
);
console.log(c.url);
const id = (n: string) =>
  fetch(`${c.url}/api/traces?name=${n}`)
    .then((r) => r.json())
    .then((j: any) => j.traces[0].traceId);
console.log(
  'PUB',
  await id('PublishConsultation'),
  'BATCH',
  await fetch(`${c.url}/api/traces?service=dce-library&name=publish`)
    .then((r) => r.json())
    .then((j: any) => j.traces[0].traceId),
  'DEP',
  await id('DepositTender'),
);
setTimeout(() => c[Symbol.asyncDispose](), 540000);
