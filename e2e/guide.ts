import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { readTree } from '../scripts/tidy/tree.ts';

/** A block of code of a guide: a file, lines to add to one after another line, or commands. */
export type Block = { text: string } & ({ path: string; after?: string } | { commands: string[] });

/** What a command said, and how it ended. */
export type Ended = { code: number; said: string };

/** The blocks of a page, in order: those whose first line gives a path, and those of commands (`sh`). */
export function blocksOf(page: string): Block[] {
  const fences = page.matchAll(/^(`{3,})(\w+)(?: (\S+)(?: after "([^"\n]+)")?)?\n(.*?)^\1$/gms);
  return [...fences].map(([, , language, path, after, text = '']) => {
    if (path !== undefined) return { path, text, ...(after === undefined ? {} : { after }) };
    if (language !== 'sh') throw new Error(`a block of ${language} has neither a path nor commands:\n${text}`);
    return { text, commands: text.trim().split('\n') };
  });
}

/** A copy of the repository in a folder of its own, with the packages of this one and the workspaces of the copy. */
export function copyOf(root: string): { root: string } & Disposable {
  const copy = mkdtempSync(join(tmpdir(), 'jonction-guide-'));
  // In a worktree .git is a file; the copy has no history.
  const files = readTree(root).files.filter((path) => path !== '.git');
  for (const path of files) cpSync(join(root, path), join(copy, path));
  const modules = join(root, 'node_modules');
  mkdirSync(join(copy, 'node_modules/@jonction'), { recursive: true });
  const packages = readdirSync(modules).filter((name) => name !== '@jonction' && !/^\.(?!bin$)/.test(name));
  for (const name of packages) symlinkSync(join(modules, name), join(copy, 'node_modules', name));
  for (const name of readdirSync(join(modules, '@jonction'))) {
    const workspace = readlinkSync(join(modules, '@jonction', name)); // relative, so it leads into the copy
    symlinkSync(workspace, join(copy, 'node_modules/@jonction', name));
  }
  return { root: copy, [Symbol.dispose]: () => rmSync(copy, { recursive: true, force: true }) };
}

/** Links the services that have no link yet among the packages. */
function linkServices(root: string): void {
  for (const name of readdirSync(join(root, 'services'))) {
    const link = join(root, 'node_modules/@jonction', name);
    if (!existsSync(link)) symlinkSync(join('../../services', name), link);
  }
}

/** Writes the file of a block, or adds its lines behind the one that they come after, as deep as what stands there. */
export function write(root: string, { path, after, text }: Extract<Block, { path: string }>): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, after === undefined ? text : addedTo(readFileSync(file, 'utf8'), after, text));
}

function addedTo(whole: string, after: string, text: string): string {
  const lines = whole.split('\n');
  const at = lines.findIndex((line) => line.includes(after));
  if (at < 0) throw new Error(`the file has no line with ${after}`);
  const anchor = lines[at] ?? '';
  const depth = (/^ */.exec(anchor)?.[0] ?? '') + (/[[{]$/.test(anchor) ? '  ' : '');
  const added = text
    .trim()
    .split('\n')
    .map((line) => depth + line.trim());
  return lines.toSpliced(at + 1, 0, ...added).join('\n');
}

/**
 * Runs a command of a guide in the copy. `npm run …` and `npm test` start what package.json says, without looking whether
 * all is installed; `npm install` brings the lockfile up to date and links the workspaces, and downloads nothing.
 */
export async function run(root: string, command: string): Promise<Ended> {
  const [program = '', verb = '', ...rest] = command.split(' ');
  if (program !== 'npm') return ended(root, 'sh', ['-ec', command]);
  if (verb === 'install') {
    linkServices(root);
    return ended(root, 'npm', [verb, ...rest, '--package-lock-only', '--offline', '--no-audit', '--no-fund']);
  }
  const [script = '', ...given] = verb === 'run' ? rest : [verb, ...rest];
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const file = scripts[script]?.split(' ').at(-1) ?? '';
  return ended(root, process.execPath, [file, ...given.filter((argument) => argument !== '--')]);
}

/** Runs a program to its end. Servers are its own: those of this run hold the databases of this repository. */
async function ended(cwd: string, program: string, args: string[]): Promise<Ended> {
  const { DATABASE_URL: _, VITEST: __, NODE_ENV: ___, ...env } = process.env;
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { cwd, env, maxBuffer: 64 << 20 });
    return { code: 0, said: stdout + stderr };
  } catch (error) {
    const {
      code = 1,
      stdout = '',
      stderr = '',
      message,
    } = error as { code?: number; stdout?: string; stderr?: string; message: string };
    return { code: Number(code) || 1, said: stdout + stderr || message };
  }
}
