import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Html, html } from './html.ts';

const STYLE = readFileSync(new URL('style.css', import.meta.url), 'utf8');

/** Only our own style sheet is applied, known by its hash; no script, image, frame or outside address at all. */
export const PAGE_POLICY = [
  `default-src 'none'`,
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  `form-action 'self'`,
  `base-uri 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

/** A whole page. `title` is its heading too. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Jonction console</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
<header><a href="/">Jonction console</a></header>
<main>
<h1>${breakable(title)}</h1>
${body}
</main>
</body>
</html>
`.html;
}

/** The name of a service with its colour, which stays the same on every page. */
export function serviceChip(service: string, services: readonly string[]): Html {
  return html`<span class="chip c${colour(service, services)}">${service}</span> `;
}

/** A long name such as that of an RPC, which may be broken after a dot or a slash and not within a word. */
export function breakable(name: string): Html {
  return html`${name.split(/(?<=[./])(?=.)/).map((part, i) => html`${i > 0 && html`<wbr>`}${part}`)}`;
}

/** The number of a colour of the style sheet, from 0 to 7. */
export function colour(service: string, services: readonly string[]): number {
  return Math.max(0, services.indexOf(service)) % 8;
}

/** `1 span`, `2 spans`, `no span`. */
export function count(n: number, noun: string): string {
  if (n === 0) return `no ${noun}`;
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
}

/** A length of time that a person can read, from nanoseconds: `0.42 ms`, `12.5 ms`, `1.24 s`, `2 min 3 s`. */
export function duration(ns: bigint): string {
  const ms = Number(ns) / 1e6;
  if (ms < 1000) return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A moment in UTC, to the millisecond. */
export function moment(ns: string): Html {
  const iso = new Date(Number(BigInt(ns) / 1_000_000n)).toISOString();
  return html`<time datetime="${iso}"><span class="together">${iso.slice(0, 10)}</span> ${iso.slice(11, 23)}</time>`;
}
