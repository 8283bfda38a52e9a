import { Client, type QueryResult } from 'pg';

/** What opens a transaction and says whose it is. */
const OPENING = /^(start transaction|select set_config\()/;

/**
 * A session of the services' pools. What opens a transaction leaves with the first statement of its work, which saves two
 * waits: one that fails makes those behind it fail, so no error is lost. And a statement with parameters, which is one of
 * the few written by hand, is parsed and planned once a session. The pool must say `pipeline: true`.
 */
export class Session extends Client {
  override query(...asked: unknown[]): never {
    const query = super.query as (...asked: unknown[]) => Promise<unknown>;
    const [text, values] = asked;
    if (asked.length > 2 || typeof text !== 'string' || !Array.isArray(values))
      return query.apply(this, asked) as never;
    if (values.length > 0) return query.call(this, { name: nameOf(text), text, values }) as never;
    const sent = query.call(this, text);
    if (!OPENING.test(text)) return sent as never;
    sent.catch(() => {});
    return Promise.resolve(NOTHING) as never;
  }
}

const NOTHING: Partial<QueryResult> = { command: '', rowCount: 0, rows: [], fields: [] };

const names = new Map<string, string>();

/** Of a text written by hand: there are as many as the code holds. */
function nameOf(text: string): string {
  const name = names.get(text) ?? `written ${names.size + 1}`;
  names.set(text, name);
  return name;
}
