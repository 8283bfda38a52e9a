import { type Figure, isMet, type Spread } from './rounds.ts';

/** The figures as a table in Markdown. */
export function table(figures: Figure[]): string {
  const rows = [
    ['figure', 'ours', 'floor', 'ratio', 'bar', ''],
    ['---', '---', '---', '---', '---', '---'],
    ...figures.map(rowOf),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const fill = (cell: string, width: number) => (cell === '---' ? '-'.repeat(width) : cell.padEnd(width));
  return rows.map((row) => `| ${row.map((cell, at) => fill(cell, widths[at] ?? 0)).join(' | ')} |`).join('\n');
}

function rowOf(figure: Figure): string[] {
  const { name, unit, ours, floor, ratio, bar } = figure;
  const met = isMet(figure);
  const limit = bar ? `${bar.kind === 'at least' ? '>=' : '<='} ${bar.value}${ratio ? 'x' : ` ${unit}`}` : '';
  return [
    name,
    `${shown(ours)} ${unit}`,
    floor ? `${shown(floor)} ${unit}` : '',
    ratio ? `${shown(ratio)}x` : '',
    limit,
    met === undefined ? '' : met ? 'met' : 'NOT MET',
  ];
}

/** `median [lowest..highest]`, with three digits that mean something. */
function shown({ median, min, max }: Spread): string {
  const digits = Math.abs(median) >= 100 ? 0 : Math.abs(median) >= 10 ? 1 : Math.abs(median) >= 1 ? 2 : 3;
  const number = (value: number) =>
    value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${number(median)} [${number(min)}..${number(max)}]`;
}
