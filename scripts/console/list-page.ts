import { type Html, html } from './html.ts';
import { breakable, count, duration, moment, page, serviceChip } from './layout.ts';
import type { Trace, TraceFilter, TraceStore } from './traces.ts';

/** The page of the last traces, narrowed by the filter of the address. */
export function listPage(store: TraceStore, filter: TraceFilter): string {
  const traces = store.find(filter);
  const services = store.services();
  const { traces: held, spans } = store.counts();
  return page(
    'Last traces',
    html`
${filterForm(services, filter)}
${traces.length > 0 ? traceTable(traces, services) : nothing(held)}
<p class="note">${count(traces.length, 'trace')} shown of ${held.toLocaleString('en')} held, with ${count(spans, 'span')}.
They live in memory: the oldest make room, and all go when the console stops. Times are UTC.</p>
`,
  );
}

function filterForm(services: readonly string[], { service, name }: TraceFilter): Html {
  return html`<form method="get" action="/">
<label>Service <select name="service">
<option value="">all</option>
${services.map((known) => html`<option${known === service && { html: ' selected' }}>${known}</option>`)}
</select></label>
<label>Span name contains <input name="name" value="${name}" size="28"></label>
<button>Show</button>
<a href="/">Show all</a>
</form>`;
}

function nothing(held: number): Html {
  return held > 0
    ? html`<p>No trace fits. <a href="/">Show all</a>.</p>`
    : html`<p>No trace has arrived yet. A service that runs with this console sends its spans within a few seconds of its
first request.</p>`;
}

function traceTable(traces: readonly Trace[], services: readonly string[]): Html {
  return html`<div class="wide" tabindex="0" role="region" aria-label="Last traces, the latest first">
<table class="list">
<thead><tr>
<th scope="col">Started</th>
<th scope="col">Trace</th>
<th scope="col" class="number">Duration</th>
<th scope="col" class="number">Spans</th>
<th scope="col">Services</th>
<th scope="col">Errors</th>
</tr></thead>
<tbody>
${traces.map((trace) => traceRow(trace, services))}
</tbody>
</table>
</div>`;
}

function traceRow(trace: Trace, services: readonly string[]): Html {
  return html`<tr>
<td class="when">${moment(trace.startNs)}</td>
<th scope="row"><a href="/trace/${trace.traceId}">${breakable(trace.rootName || '(no name)')}</a></th>
<td class="number">${duration(BigInt(trace.durationNs))}</td>
<td class="number">${trace.spans.length}</td>
<td>${trace.services.map((service) => serviceChip(service, services))}</td>
<td>${trace.errorCount > 0 ? html`<strong class="error">${trace.errorCount}</strong>` : 'none'}</td>
</tr>
`;
}
