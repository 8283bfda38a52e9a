import { argumentsOf, calleeOf, sourceOf, stringOf } from './source.ts';
import { type Fault, servicesOf, type Tree } from './tree.ts';

const base = 'deploy/k8s/base';
const roles = 'services/membership/src/domain/roles.ts';

/** Every service has its manifest, and kustomize knows of it: what is not deployed is not a service. */
export function manifests(tree: Tree): Fault[] {
  const list = `${base}/kustomization.yaml`;
  if (!tree.has(list)) return [];
  return servicesOf(tree).flatMap((service) => {
    const named = tree.text(list).includes(`- ${service}.yaml`);
    if (named && tree.has(`${base}/${service}.yaml`)) return [];
    return [
      {
        path: named ? `${base}/${service}.yaml` : list,
        line: 1,
        rule: 'manifest',
        why: `services/${service} has ${named ? 'no manifest' : 'no line here'}, so the cluster would run without it`,
        fix: `keep ${base}/${service}.yaml, after that of another service, and its line in kustomization.yaml`,
      },
    ];
  });
}

/** Every right that an RPC needs is given by a role; else nobody could ever call it. */
export function rights(tree: Tree): Fault[] {
  if (!tree.has(roles)) return [];
  const lists = servicesOf(tree).map((service) => `services/${service}/src/rpc.ts`);
  return lists
    .filter((path) => tree.has(path))
    .map((path) => sourceOf(tree, path))
    .flatMap((source) =>
      source.nodes
        .filter((node) => node.type === 'CallExpression' && /^(command|query|bulk)$/.test(calleeOf(node.callee)))
        .map((node) => ({ right: stringOf(argumentsOf(node)[1] ?? node) ?? '', line: source.lineOf(node) }))
        .filter(({ right }) => !tree.text(roles).includes(`'${right}'`))
        .map(({ right, line }) => ({
          path: source.path,
          line,
          rule: 'right-given',
          why: `no role gives the right "${right}", so every call would be refused`,
          fix: `add it to a role in ${roles}`,
        })),
    );
}
