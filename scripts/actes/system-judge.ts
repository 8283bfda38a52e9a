import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// A second opinion on archives of ACTES, from the tar and the xmllint of the system. It shares no line with the checker: what
// it knows of the norm is written here again, from the schema and the pages of the ministry.

export function hasSystemJudge(): boolean {
  return ['xmllint', 'tar', 'gzip'].every((tool) => spawnSync(tool, ['--version']).status === 0);
}

/** Why the tools of the system refuse the archive at `path`, sent under `name`; nothing when they would let it leave. */
export function systemJudge(
  path: string,
  name: string,
  { schemas, today }: { schemas: string; today: string },
): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'judge-'));
  try {
    copyFileSync(path, join(folder, '.archive.tar.gz'));
    return judgeIn(folder, name, { schemas, today });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Rules {
  schemas: string;
  today: string;
}

function judgeIn(folder: string, name: string, rules: Rules): string[] {
  const run = (tool: string, ...args: string[]) =>
    spawnSync(tool, args, { cwd: folder, encoding: 'latin1', env: { ...process.env, LC_ALL: 'C' } });
  if (run('gzip', '--test', '.archive.tar.gz').status !== 0) return ['gzip'];
  const list = run('tar', '-tvzf', '.archive.tar.gz', '--quoting-style=escape');
  // A lone block of zeros at the end is told by GNU tar, and read: its exit code is 0, as without any.
  const said = list.stderr.split('\n').filter((line) => line !== '' && !line.includes('A lone zero block'));
  if (list.status !== 0 || said.length > 0) return ['tar'];
  const lines = list.stdout.split('\n').filter((line) => line !== '');
  const names = lines.map((line) => /^\S+\s+\S+\s+\d+ \S+ \S+ (.*)$/.exec(line)?.[1] ?? '/');
  if (lines.some((line) => !line.startsWith('-'))) return ['kind'];
  if (names.some((one) => !/^[\w.-]+$/.test(one)) || new Set(names).size < names.length) return ['names'];
  if (run('tar', '-xzf', '.archive.tar.gz').status !== 0) return ['tar -x'];
  const archive = /^[A-Za-z0-9]{3}-([ET]ACT--(\d{9})--\d{8}-[1-9]\d{0,3})\.tar\.gz$/.exec(name);
  if (!archive) return ['archive name'];
  const envelope = `${archive[1]}.xml`;
  if (!names.includes(envelope)) return ['envelope'];
  return judgeFiles(folder, { envelope, names, siren: archive[2] ?? '' }, rules);
}

interface Found {
  envelope: string;
  names: string[];
  siren: string;
}

function judgeFiles(folder: string, { envelope, names, siren }: Found, rules: Rules): string[] {
  const objections = lint(folder, envelope, rules.schemas);
  if (objections.length > 0) return objections;
  const field = (file: string, path: string) => xpath(folder, file, `string(${path})`);
  if (field(envelope, 'name(/*)').replace(/.*:/, '') !== 'EnveloppeCLMISILL') return ['envelope root'];
  if (field(envelope, "//@*[local-name()='SIREN']") !== siren) return ['SIREN'];
  const dep = field(envelope, "//@*[local-name()='Departement']");
  const used = new Set([envelope]);
  for (const form of filesIn(folder, envelope)) {
    if (!names.includes(form) || used.has(form)) return ['message'];
    used.add(form);
    const invalid = lint(folder, form, rules.schemas);
    if (invalid.length > 0) return invalid;
    objections.push(...judgeMessage(folder, form, { dep, siren, envelope, today: rules.today }));
    objections.push(...judgeDocuments(folder, form, { names, used }));
  }
  if (used.size < names.length) objections.push('undeclared');
  return objections;
}

function judgeDocuments(
  folder: string,
  form: string,
  { names, used }: { names: string[]; used: Set<string> },
): string[] {
  return filesIn(folder, form).flatMap((file) => {
    if (!names.includes(file) || used.has(file)) return ['document'];
    used.add(file);
    return judgeDocument(folder, file, form);
  });
}

function lint(folder: string, file: string, schemas: string): string[] {
  const bytes = readFileSync(join(folder, file));
  const latin = bytes.toString('latin1');
  if (/<!DOCTYPE/i.test(latin)) return ['DOCTYPE'];
  const saysLatin = /^<\?xml[^>]*encoding=["']iso-8859-1/i.test(latin);
  if (saysLatin && /[\x80-\x9f]/.test(latin)) return ['not ISO-8859-1'];
  if (saysLatin && /[\x80-\xff]/.test(latin) && Buffer.from(bytes.toString('utf8')).equals(bytes)) return ['UTF-8'];
  // xmllint knows forty encodings; the ministry knows the one of its norm, and takes UTF-8.
  const named = /^<\?xml[^>]*encoding\s*=\s*["']([^"']*)/i.exec(latin)?.[1] ?? 'UTF-8';
  if (!/^(iso-8859-1|utf-8)$/i.test(named)) return ['encoding'];
  const args = ['--nonet', '--noout', '--schema', join(schemas, 'actesv1_1.xsd'), file];
  const { status, stderr } = spawnSync('xmllint', args, { cwd: folder, encoding: 'utf8' });
  // A namespace that is no URI is told as an error, with exit code 0 when nothing of it is used.
  return status === 0 && !stderr.includes('namespace error') ? [] : [`xmllint ${file}`];
}

function xpath(folder: string, file: string, path: string): string {
  return spawnSync('xmllint', ['--nonet', '--xpath', path, file], { cwd: folder, encoding: 'utf8' }).stdout.trim();
}

function filesIn(folder: string, file: string): string[] {
  const elements = xpath(folder, file, "//*[local-name()='NomFichier']");
  return [...elements.matchAll(/<[\w:]*NomFichier[^>]*>([^<]*)</g)].map(([, name]) => (name ?? '').trim());
}

const TYPES: Record<string, string> = {
  Acte: '1-1',
  ReponseCourrierSimple: '2-2',
  ARDemandePieceComplementaire: '3-2',
  RefusPieceComplementaire: '3-3',
  PieceComplementaire: '3-4',
  ARLettreObservations: '4-2',
  RejetLettreObservations: '4-3',
  ReponseLettreObservations: '4-4',
  Annulation: '6-1',
  DemandeClassification: '7-1',
};

function judgeMessage(
  folder: string,
  file: string,
  around: { dep: string; siren: string; envelope: string; today: string },
): string[] {
  const of = (path: string) => xpath(folder, file, `string(${path})`);
  const root = of('name(/*)').replace(/.*:/, '');
  const type = TYPES[root];
  if (!type) return ['root'];
  const name = /^(\w{3})-(\d{9})-(\d*)-(\w*)-([A-Z]*)-(\d-\d)_\d+\.xml$/.exec(file);
  if (!name || name[6] !== type || name[1] !== around.dep || name[2] !== around.siren) return ['message name'];
  if (type === '7-1') return name[3] || name[4] || name[5] ? ['message name'] : [];
  const attribute = (one: string) => of(`/*/@*[local-name()='${one}']`);
  const [dep, siren, day, number, nature] =
    type === '1-1'
      ? [
          around.dep,
          around.siren,
          attribute('Date').replaceAll('-', ''),
          attribute('NumeroInterne'),
          ['', 'DE', 'AR', 'AI', 'CC', 'BF', 'AU'][Number(attribute('CodeNatureActe'))],
        ]
      : attribute('IDActe').split('-');
  const days = [day, /--(\d{8})-/.exec(around.envelope)?.[1]];
  if (
    dep !== around.dep ||
    siren !== around.siren ||
    number !== name[4] ||
    nature !== name[5] ||
    !days.includes(name[3])
  )
    return ['name and content'];
  return type === '1-1' ? judgeAct(of, number ?? '', attribute('Date') > around.today) : [];
}

function judgeAct(of: (path: string) => string, number: string, isFuture: boolean): string[] {
  const length = Number(of("string-length(normalize-space(//*[local-name()='Objet']))"));
  const annexes = of("count(//*[local-name()='Annexe'])");
  const said = of("//*[local-name()='Annexes']/@*[local-name()='Nombre']");
  const wellFormed = /^[A-Z0-9]([A-Z0-9_]{0,13}[A-Z0-9])?$/.test(number);
  return [
    ...(isFuture ? ['future'] : []),
    ...(length < 1 || length > 499 ? ['subject'] : []),
    ...(Number(annexes) === Number(said) ? [] : ['annexes']),
    ...(wellFormed ? [] : ['number']),
  ];
}

function judgeDocument(folder: string, file: string, form: string): string[] {
  const path = join(folder, file);
  const base = form.replace(/_\d+\.xml$/, '');
  if (!new RegExp(`^[A-Z0-9_]{5}-${base}_\\d+\\.(pdf|png|jpe?g|xml)$`, 'i').test(file)) return ['document name'];
  if (!existsSync(path)) return ['document'];
  const bytes = readFileSync(path);
  const starts: Record<string, string> = {
    pdf: '%PDF-',
    png: '\x89PNG\r\n\x1a\n',
    jpg: '\xff\xd8\xff',
    jpeg: '\xff\xd8\xff',
    xml: '<',
  };
  const start = starts[/\.(\w+)$/.exec(file)?.[1]?.toLowerCase() ?? ''];
  if (start === undefined || !bytes.toString('latin1', 0, 16).startsWith(start)) return ['document format'];
  if (start === '%PDF-' && !/%%EOF\s*$/.test(bytes.toString('latin1').slice(-1024))) return ['document cut'];
  return start.startsWith('\x89') && bytes.toString('latin1').slice(-8, -4) !== 'IEND' ? ['document cut'] : [];
}
