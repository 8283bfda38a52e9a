import { contextsOf, eventsOf, kebab, rpcsOf } from './protos.ts';
import { sourceOf } from './source.ts';
import { type Fault, namesIn, servicesOf, type Tree } from './tree.ts';

const files = ['main.ts', 'config.ts', 'rpc.ts', 'subscriptions.ts', 'jobs.ts', 'refusals.ts', 'metrics.ts'];
const folders = ['domain', 'commands', 'queries', 'handlers', 'jobs', 'clients', 'db'];
const required = [
  'README.md',
  'package.json',
  ...['main.ts', 'config.ts', 'rpc.ts', 'subscriptions.ts', 'refusals.ts'].map((name) => `src/${name}`),
];
const headings = ['owns', 'is asked', 'says', 'hears', 'rules', 'run', 'test'];

/** Every service has the same files in the same places, and nothing else directly under src/. */
export function serviceLayout(tree: Tree): Fault[] {
  return servicesOf(tree).flatMap((service) => [...missingParts(tree, service), ...strangers(tree, service)]);
}

/** Every README of a service answers the same seven questions. */
export function serviceReadme(tree: Tree): Fault[] {
  return servicesOf(tree).flatMap((service) => {
    const path = `services/${service}/README.md`;
    if (!tree.has(path)) return [];
    const found = [...tree.text(path).matchAll(/^## (.+)$/gm)].map((match) => (match[1] ?? '').trim().toLowerCase());
    return headings
      .filter((heading) => !found.includes(heading))
      .map((heading) => ({
        path,
        line: 1,
        rule: 'service-readme',
        why: `there is no heading "${heading}", and a reader looks for the same seven in every service`,
        fix: `add "## ${heading.charAt(0).toUpperCase()}${heading.slice(1)}", with "Nothing." below it if so it is`,
      }));
  });
}

/**
 * Every RPC has its one file in commands/ or queries/, and every file there is an RPC or serves several of them. A bulk RPC
 * (AdmitMembers, a stream) is the command of one item (AdmitMember), and has no file of its own.
 */
export function rpcFiles(tree: Tree): Fault[] {
  return contextsOf(tree).flatMap((context) => {
    const rpcs = rpcsOf(tree, context);
    const service = `services/${context.replaceAll('_', '-')}`;
    const missing = rpcs.flatMap((rpc) => {
      const bulk = /rpc \w+\(stream /.test(tree.text(rpc.path).split('\n')[rpc.line - 1] ?? '');
      const name = kebab(bulk ? rpc.name.replace(/s$/, '') : rpc.name);
      const places = ['commands', 'queries'].map((folder) => `${service}/src/${folder}/${name}.ts`);
      if (places.filter((path) => tree.has(path)).length === 1) return [];
      return [
        {
          path: rpc.path,
          line: rpc.line,
          rule: 'rpc-file',
          why: `${rpc.name} must be found in one file, named after it`,
          fix: `keep exactly one of ${places.join(' and ')}`,
        },
      ];
    });
    return [
      ...missing,
      ...filesWithoutRpc(
        tree,
        service,
        rpcs.map((rpc) => kebab(rpc.name)),
      ),
    ];
  });
}

/** Every file in handlers/ is `on-` and the name of an event. */
export function handlerNames(tree: Tree): Fault[] {
  const events = new Set(eventsOf(tree).map((event) => `on-${kebab(event.name)}.ts`));
  return tree.files
    .filter((path) => /^services\/[^/]+\/src\/handlers\//.test(path) && !path.endsWith('.test.ts'))
    .filter((path) => !events.has(path.split('/').slice(4).join('/')))
    .map((path) => ({
      path,
      line: 1,
      rule: 'handler-name',
      why: 'a handler is one event and one reaction, found by the name of the event',
      fix: 'name it on-<event in kebab-case>.ts after a message of an events.proto, or move it out of handlers/',
    }));
}

function missingParts(tree: Tree, service: string): Fault[] {
  return required
    .map((name) => `services/${service}/${name}`)
    .filter((path) => !tree.has(path))
    .map((path) => ({
      path,
      line: 1,
      rule: 'service-layout',
      why: 'every service has the same files, so that one who knows one knows all; this one is missing',
      fix: 'write it, however short (an empty list is an answer), after that of services/membership',
    }));
}

function strangers(tree: Tree, service: string): Fault[] {
  const allowed = new Set([...files, ...folders]);
  return namesIn(tree, `services/${service}/src`)
    .filter((name) => !allowed.has(name.replace(/(\.db)?\.test\.ts$/, '.ts')))
    .map((name) => ({
      path: `services/${service}/src/${name}`,
      line: 1,
      rule: 'service-layout',
      why: 'this name is not one of those that stand under the src/ of a service',
      fix: `move it into ${folders.map((folder) => `${folder}/`).join(' ')}or beside the file that uses it`,
    }));
}

function filesWithoutRpc(tree: Tree, service: string, names: string[]): Fault[] {
  const shared = sharedFiles(tree, service);
  return tree.files
    .filter((path) => path.startsWith(`${service}/src/`) && /\/(commands|queries)\/.+(?<!\.test)\.ts$/.test(path))
    .filter(
      (path) => !names.some((name) => path.endsWith(`/${name}.ts`)) && !shared.has(path.slice(service.length + 5)),
    )
    .map((path) => ({
      path,
      line: 1,
      rule: 'rpc-file',
      why: 'a file in commands/ or queries/ is what one RPC does, or what several of them, a job or the start share; this one is neither',
      fix: 'name it after its RPC, or move it into the one file that uses it, or the rule into domain/',
    }));
}

/** Paths under src/, such as queries/member-message.ts, that main.ts or a job imports, or two other files at least. */
function sharedFiles(tree: Tree, service: string): Set<string> {
  const users = tree.files.filter(
    (path) => path.startsWith(`${service}/src/`) && path.endsWith('.ts') && !path.endsWith('.test.ts'),
  );
  const count = new Map<string, number>();
  for (const path of users) {
    const folder = path.slice(`${service}/src/`.length).split('/').slice(0, -1).join('/');
    const weight = folder === 'jobs' || /\/(main|jobs)\.ts$/.test(path) ? 2 : 1;
    for (const { specifier } of sourceOf(tree, path).imports) {
      if (!specifier.startsWith('.')) continue;
      const target =
        specifier.startsWith('./') && folder ? `${folder}/${specifier.slice(2)}` : specifier.replace(/^(\.\.?\/)+/, '');
      count.set(target, (count.get(target) ?? 0) + weight);
    }
  }
  return new Set([...count].filter(([, users]) => users >= 2).map(([path]) => path));
}
