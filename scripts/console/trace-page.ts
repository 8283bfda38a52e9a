import { type Html, html } from './html.ts';
import { breakable, colour, count, duration, moment, page, serviceChip } from './layout.ts';
import type { AttributeValue, Span } from './span.ts';
import type { Trace, TraceStore } from './traces.ts';
import { inTreeOrder, type Step } from './waterfall.ts';

const MAX_INDENT = 12;
const MAX_LINKS_SHOWN = 5;

type View = { trace: Trace; services: string[]; nameOf: (link: { traceId: string; spanId: string }) => string | null };

/** The page of one trace: what it was, where its time went, and which other traces it belongs with. */
export function tracePage(store: TraceStore, trace: Trace): string {
  const view: View = {
    trace,
    services: store.services(),
    nameOf: ({ traceId, spanId }) => {
      const held = store.get(traceId);
      return held ? (held.spans.find((span) => span.spanId === spanId)?.name ?? held.rootName) : null;
    },
  };
  const callers = Map.groupBy(
    store.linkedFrom(trace.traceId).flatMap((span) => span.links.map((link) => ({ span, link }))),
    ({ link }) => (link.traceId === trace.traceId ? link.spanId : ''),
  );
  return page(
    trace.rootName || '(no name)',
    html`
${summary(view)}
<h2>Spans</h2>
<div class="wide" tabindex="0" role="region" aria-label="Spans of this trace">
<table class="spans">
<thead><tr>
<th scope="col">Span</th>
<th scope="col">Service</th>
<th scope="col" class="line">Timeline <span class="note">0 to ${duration(BigInt(trace.durationNs))}</span></th>
<th scope="col" class="number start">Start</th>
<th scope="col" class="number">Duration</th>
</tr></thead>
<tbody>
${inTreeOrder(trace.spans).map((step) => spanRow(step, view, callers.get(step.span.spanId)?.map(({ span }) => span) ?? []))}
</tbody>
</table>
</div>
<p><a href="/">All traces</a> · <a href="/api/traces/${trace.traceId}">This trace as JSON</a></p>
`,
  );
}

/** The page for a trace that is not, or no longer, held. */
export function missingTracePage(traceId: string): string {
  return page(
    'This trace is not here',
    html`<p>The console holds no trace <code>${traceId}</code>. It may not have arrived yet: spans come a few seconds after
the work. Or it is gone: only the last traces are held, in memory.</p>
<p><a href="/">All traces</a></p>`,
  );
}

function summary({ trace, services }: View): Html {
  const { errorCount, droppedCount } = trace;
  return html`<dl class="facts">
<div><dt>Started</dt><dd>${moment(trace.startNs)} UTC</dd></div>
<div><dt>Duration</dt><dd>${duration(BigInt(trace.durationNs))}</dd></div>
<div><dt>Spans</dt><dd>${trace.spans.length}</dd></div>
<div><dt>Errors</dt><dd>${errorCount > 0 ? html`<strong class="error">${errorCount}</strong>` : 'none'}</dd></div>
<div><dt>Services</dt><dd>${trace.services.map((service) => serviceChip(service, services))}</dd></div>
<div><dt>Trace</dt><dd><code>${trace.traceId}</code></dd></div>
</dl>
${droppedCount > 0 && html`<p>${count(droppedCount, 'later span')} of this trace came after its limit and are not held.</p>`}`;
}

function spanRow({ span, depth }: Step, view: View, callers: readonly Span[]): Html {
  const startNs = BigInt(span.startNs) - BigInt(view.trace.startNs);
  const failed = span.status.code === 'error';
  return html`<tr id="s-${span.spanId}">
<th scope="row" class="d${Math.min(depth, MAX_INDENT)}">
<details>
<summary>${breakable(span.name || '(no name)')} ${failed && html`<strong class="error">error</strong>`}</summary>
${facts(span, startNs)}
</details>
${linkList('links to', 'span', span.links, view)}
${linkList('linked from', 'span', callers, view)}
</th>
<td>${serviceChip(span.service, view.services)}</td>
<td class="line">${bar(span, view)}</td>
<td class="number start">${duration(startNs)}</td>
<td class="number">${duration(length(span))}</td>
</tr>
`;
}

function facts(span: Span, startNs: bigint): Html {
  const { code, message } = span.status;
  const rows: [string, AttributeValue][] = [
    ['kind', span.kind],
    ['status', message === '' ? code : `${code}: ${message}`],
    ['span', span.spanId],
    ['start', duration(startNs)],
    ...Object.entries(span.attributes),
  ];
  return html`<dl>${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${shown(value)}</dd></div>`)}</dl>`;
}

function shown(value: AttributeValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function linkList(
  verb: string,
  noun: string,
  targets: readonly { traceId: string; spanId: string }[],
  view: View,
): Html | false {
  if (targets.length === 0) return false;
  const items = html`<ul>${targets.map((target) => html`<li>${linkTo(target, view)}</li>`)}</ul>`;
  const title = `${verb} ${count(targets.length, noun)}`;
  return targets.length > MAX_LINKS_SHOWN
    ? html`<details class="links"><summary>${title}</summary>${items}</details>`
    : html`<div class="links">${title}${items}</div>`;
}

function linkTo(target: { traceId: string; spanId: string }, { nameOf, trace }: View): Html {
  const name = nameOf(target);
  const place = html`<span class="together">in trace <code>${target.traceId.slice(0, 8)}</code></span>`;
  if (name === null) return html`a span ${place}, which is not held`;
  const path = target.traceId === trace.traceId ? '' : `/trace/${target.traceId}`;
  return html`<a href="${path}#s-${target.spanId}">${breakable(name || '(no name)')}</a> ${place}`;
}

/** Geometry is given by SVG attributes, so that the page needs no inline style. The columns beside it say it in figures. */
function bar(span: Span, { trace, services }: View): Html {
  const total = Number(BigInt(trace.durationNs)) || 1;
  const x = (Number(BigInt(span.startNs) - BigInt(trace.startNs)) / total) * 100;
  const width = (Number(length(span)) / total) * 100;
  return html`<svg aria-hidden="true" class="bar c${colour(span.service, services)}" width="100%" height="14">
<rect x="${x.toFixed(3)}%" y="1" width="${width.toFixed(3)}%" height="12" rx="2"/></svg>`;
}

/** A clock that was set back must not give a negative length. */
function length(span: Span): bigint {
  const ns = BigInt(span.endNs) - BigInt(span.startNs);
  return ns > 0n ? ns : 0n;
}
