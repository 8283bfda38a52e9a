import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Fault } from './things.ts';

/** The Tiltfile is Starlark that parses, in the form that buildifier writes. */
export function tilt(root: string, file = 'Tiltfile'): Fault[] {
  const program = join(root, 'node_modules/.bin/buildifier');
  // Its warnings are of Bazel's own rules, but for those of the language itself.
  const warnings = 'unused-variable,uninitialized,return-value,duplicated-name,redefined-variable';
  const args = ['--type=bzl', '--mode=check', '--lint=warn', `--warnings=${warnings}`, file];
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
  if (status === 0) return [];
  const said = `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim();
  const fix = 'mend it; npx buildifier --type=bzl Tiltfile writes its form';
  return [{ object: file, rule: 'tiltfile', why: said || 'its form is not that of buildifier', fix }];
}
