import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '@jonction/stack';
import { beforeAll, expect, test } from 'vitest';
import { Broken, overlayNames, type Stage, stage } from './k8s/broken.ts';
import { placeholders } from './k8s/servers.ts';
import { tilt } from './k8s/tilt.ts';
import { faultsOf, lineFor } from './k8s-check.ts';

let on: Stage;
beforeAll(async () => {
  on = await stage();
}, 180_000);

test('the overlays as they stand keep all the rules', () => {
  for (const name of overlayNames) expect(faultsOf(new Broken(on, name).overlay, on), name).toEqual([]);
});

test('a fault says where, which rule, why, and what to do', () => {
  const broken = new Broken(on, 'production');
  broken.pod().automountServiceAccountToken = true;
  const [fault] = faultsOf(broken.overlay, on);
  expect(fault && lineFor('production', fault)).toBe(
    'overlays/production Deployment/membership no-token: it is given a token of the API server, which whoever breaks in ' +
      'would use. To do: set automountServiceAccountToken: false.',
  );
});

test('what the place must still give is listed: digests of zeros, hosts and networks of documentation', () => {
  const waiting = placeholders(new Broken(on, 'production').overlay);
  expect(waiting).toContain('jonction/membership@sha256:0…');
  expect(waiting).toContain('login.example');
  expect(waiting).toContain('192.0.2.20/32');
  expect(placeholders(new Broken(on, 'dev').overlay)).toEqual([]);
});

test('a Tiltfile that does not parse, or is not in its form, is refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jonction-tilt-'));
  const told = (text: string) => {
    writeFileSync(join(folder, 'Tiltfile'), text);
    return tilt(ROOT, join(folder, 'Tiltfile')).map(({ rule }) => rule);
  };
  expect(tilt(ROOT)).toEqual([]);
  expect(told('for name in [:\n')).toEqual(['tiltfile']);
  expect(told("k8s_yaml( 'a.yaml' )\n")).toEqual(['tiltfile']);
  expect(told('k8s_yaml("a.yaml")\n')).toEqual([]);
  rmSync(folder, { recursive: true });
});
