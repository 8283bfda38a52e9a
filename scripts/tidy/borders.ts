import { argumentsOf, calleeOf, nameOf, type Source, sourceOf, stringOf } from './source.ts';
import { type Fault, servicesOf, type Tree } from './tree.ts';

/** The folders that hold code of ours. */
export const codeFolders = ['services', 'libs', 'scripts', 'e2e', 'bench', 'examples', 'simulators'];

/** Paths of our sources: not generated, and tests among them. */
export function codeFiles(tree: Tree): string[] {
  return tree.files.filter(
    (path) =>
      /\.(ts|mjs|js)$/.test(path) &&
      !path.startsWith('libs/contracts/src/') &&
      (!path.includes('/') || codeFolders.some((folder) => path.startsWith(`${folder}/`))),
  );
}

/** Every source can be read; nothing else is known of a file that cannot. */
export function syntax(tree: Tree): Fault[] {
  return codeFiles(tree).flatMap((path) =>
    sourceOf(tree, path).errors.map((error) => ({
      path,
      line: 1,
      rule: 'syntax',
      why: `this file cannot be read as TypeScript: ${error}`,
      fix: 'run `npx tsc --noEmit`, which shows the place',
    })),
  );
}

const pure = ['@jonction/contracts', '@jonction/norms'];
/** What a rule may need of libs/service: the words of a refusal. */
const refusalNames = ['DomainError', 'Facts', 'Violation'];

/** The rules of the trade know no table, no transport and no library. */
export function domainImports(tree: Tree): Fault[] {
  return domainFiles(tree).flatMap((path) =>
    sourceOf(tree, path)
      .imports.filter(({ specifier, names }) => !domainMayImport(path, specifier, names))
      .map(({ specifier, line }) => ({
        path,
        line,
        rule: 'domain-imports',
        why: `the rules of the trade must be readable and testable alone, and this imports ${specifier}`,
        fix: 'import contracts, norms, DomainError, ../refusals.ts or a file of domain/; give the rest as an argument',
      })),
  );
}

/** The rules of the trade get the time and the ids as arguments: the same call always gives the same answer. */
export function domainClock(tree: Tree): Fault[] {
  const sources = domainFiles(tree).map((path) => sourceOf(tree, path));
  return sources.flatMap((source) => {
    const impure = source.nodes.filter((node) => {
      if (node.type === 'NewExpression') return nameOf(node.callee) === 'Date' && argumentsOf(node).length === 0;
      if (node.type === 'CallExpression') return impureCalls.test(calleeOf(node.callee));
      return false;
    });
    return impure.map((node) => ({
      path: source.path,
      line: source.lineOf(node),
      rule: 'domain-clock',
      why: 'a rule that reads the clock or draws at random cannot be tested at the second where it changes',
      fix: 'take the time (`now: Date`) or the id as an argument; the command gives it',
    }));
  });
}

const impureCalls =
  /^(Date|Date\.now|performance\.now|process\.hrtime.*|Math\.random|(globalThis\.)?crypto\.\w+|Temporal\.Now\.\w+)$/;

/**
 * The environment is read where it is parsed. Telemetry and logs are there before any service, and read OTEL_* for all; an
 * example is one file. */
export function environment(tree: Tree): Fault[] {
  const allowed =
    /^(services\/[^/]+\/src\/config\.ts$|libs\/service\/src\/(telemetry|log)\.ts$|(scripts|libs\/stack|libs\/testing|bench|e2e|examples)\/|vitest\.config\.ts$)/;
  return codeFiles(tree)
    .filter((path) => !allowed.test(path))
    .map((path) => sourceOf(tree, path))
    .flatMap((source) => {
      const reads = source.nodes.filter(
        (node) => node.type === 'MemberExpression' && /^(process|import\.meta)\.env$/.test(calleeOf(node)),
      );
      const imported = source.imports.filter(
        (one) => /^(node:)?process$/.test(one.specifier) && one.names.includes('env'),
      );
      return [...reads.map(source.lineOf), ...imported.map((one) => one.line)].map((line) => ({
        path: source.path,
        line,
        rule: 'environment',
        why: 'a setting read in the middle of the code is neither checked at the start nor found by the one who deploys',
        fix: 'parse it in config.ts of the service, with a default, and pass the value',
      }));
    });
}

/** Subjects are made from the type of an event in one function of libs/events. A test may try what must be refused. */
export function subjectStrings(tree: Tree): Fault[] {
  return codeFiles(tree)
    .filter((path) => !path.startsWith('libs/events/') && !path.endsWith('.test.ts'))
    .map((path) => sourceOf(tree, path))
    .flatMap((source) =>
      source.nodes
        .filter((node) => /^evt\./.test(stringOf(node) ?? ''))
        .map((node) => ({
          path: source.path,
          line: source.lineOf(node),
          rule: 'subject-string',
          why: 'a subject written by hand goes on compiling when the event it names is renamed',
          fix: 'ask libs/events for the subject of the event',
        })),
    );
}

/**
 * What leaves a service leaves through its outbox: only libs/events speaks to the bus. Benches take their floor raw, tests
 * try what must be refused. */
export function rawPublish(tree: Tree): Fault[] {
  return codeFiles(tree)
    .filter((path) => !/^(libs\/events|bench)\//.test(path) && !path.endsWith('.test.ts'))
    .map((path) => sourceOf(tree, path))
    .filter((source) => source.imports.some((one) => /^(@nats-io\/|nats$)/.test(one.specifier)))
    .flatMap((source) =>
      source.nodes
        .filter((node) => node.type === 'CallExpression' && /\.(publish|startBatch)$/.test(calleeOf(node.callee)))
        .map((node) => ({
          path: source.path,
          line: source.lineOf(node),
          rule: 'raw-publish',
          why: 'an event published beside the transaction is lost, or told of a change that never was',
          fix: 'record() it in the command; the relay publishes what is committed',
        })),
    );
}

/** A service asks another by gRPC or hears it by events; a lib knows no service. A path stays within its package. */
export function borders(tree: Tree): Fault[] {
  const services = new Set(servicesOf(tree).map((service) => `@jonction/${service}`));
  return codeFiles(tree)
    .filter((path) => /^(services|libs)\/[^/]+\//.test(path))
    .map((path) => sourceOf(tree, path))
    .flatMap((source) =>
      source.imports
        .filter(({ specifier }) => crosses(source, specifier, services))
        .map(({ specifier, line }) => ({
          path: source.path,
          line,
          rule: 'border',
          why: `${specifier} belongs to another service or is reached by the back door, and could not change alone any more`,
          fix: 'ask it by gRPC, hear its events, or import a lib by its @jonction name',
        })),
    );
}

function crosses(source: Source, specifier: string, services: Set<string>): boolean {
  const own = source.path.split('/').slice(0, 2).join('/');
  if (specifier.startsWith('.')) return !resolvePath(source.path, specifier).startsWith(`${own}/`);
  const name = specifier.split('/').slice(0, 2).join('/');
  return services.has(name) && name !== `@jonction/${own.split('/')[1]}`;
}

function domainFiles(tree: Tree): string[] {
  return codeFiles(tree).filter((path) => /^services\/[^/]+\/src\/domain\//.test(path));
}

function domainMayImport(path: string, specifier: string, names: string[]): boolean {
  const isTest = path.endsWith('.test.ts');
  if (isTest && ['vitest', 'fast-check'].includes(specifier)) return true;
  if (pure.includes(specifier) || specifier.startsWith('@jonction/norms/')) return true;
  if (specifier === '@jonction/service') return names.length > 0 && names.every((name) => refusalNames.includes(name));
  if (!specifier.startsWith('.')) return false;
  const src = path.slice(0, path.indexOf('/src/') + 5);
  const target = resolvePath(path, specifier);
  return target.startsWith(`${src}domain/`) || target === `${src}refusals.ts`;
}

/** The path that a relative import means, from the root of the repository. */
function resolvePath(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}
