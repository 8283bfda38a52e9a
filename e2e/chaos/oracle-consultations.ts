import type { Facts, Said, Shelf } from './facts.ts';
import type { Entry } from './journal.ts';

/** The commands of one consultation that were accepted. */
interface Accepted {
  title: string;
  deadline: number;
  publications: number;
  extensions: number[];
  closings: number;
}

/** One consultation's life as its events tell it. */
interface Life {
  extensions: number[];
  published: boolean;
  closed: boolean;
}

/** Every accepted command on a consultation has its one event, its state in procurement, and its effect on the shelf. */
export function judgeConsultations(journal: Entry[], { procurement, library }: Facts): string[] {
  const objections: string[] = [];
  const accepted = acceptedById(journal, objections);
  const rows = groupBy(procurement.consultations, ({ id }) => id);
  const events = groupBy(procurement.said, ({ aggregate }) => aggregate);
  const shelves = groupBy(library.shelves, ({ consultation }) => consultation);
  const states = groupBy(library.states, ({ consultation }) => consultation);
  const told = groupBy(library.said, ({ aggregate }) => aggregate);
  for (const [id, commands] of accepted) {
    const object = (what: string) => objections.push(`consultation ${id}: ${what}`);
    const said = (events.get(id) ?? []).sort((a, b) => a.seq - b.seq);
    const life = judgeEvents(commands, said, object);
    judgeRow(rows.get(id) ?? [], commands, life, object);
    judgeShelf(shelves.get(id) ?? [], states.get(id) ?? [], { ...life, deadline: commands.deadline }, object);
    const names = (told.get(id) ?? []).map(({ name }) => name).join();
    const due = [life.published && 'ShelfOpened', life.closed && 'ShelfClosed'].filter(Boolean).join();
    if (names !== due) object(`the library says ${names || 'nothing'}, not ${due || 'nothing'}`);
  }
  const known = (what: string, ids: Iterable<string>) => {
    for (const id of ids) if (!accepted.has(id)) objections.push(`${what} ${id} comes from no accepted command`);
  };
  known('consultation', rows.keys());
  known('event of consultation', events.keys());
  known('shelf', shelves.keys());
  known('event of shelf', told.keys());
  return objections;
}

function acceptedById(journal: Entry[], objections: string[]): Map<string, Accepted> {
  const byId = new Map<string, Accepted>();
  const accepted = journal.filter(({ outcome }) => outcome === 'accepted');
  const about = Map.groupBy(accepted, ({ kind, asked }) => `${kind} ${asked.consultationId}`);
  for (const { kind, asked, given, requestId } of accepted) {
    if (kind !== 'create') continue;
    const id = given.consultationId ?? '';
    if (byId.has(id)) objections.push(`command ${requestId} was given consultation ${id}, which another has`);
    const extensions = (about.get(`extend ${id}`) ?? []).map((one) => Date.parse(one.asked.deadline ?? ''));
    byId.set(id, {
      title: asked.title ?? '',
      deadline: Date.parse(asked.deadline ?? ''),
      publications: about.get(`publish ${id}`)?.length ?? 0,
      extensions: extensions.sort((a, b) => a - b),
      closings: about.get(`close ${id}`)?.length ?? 0,
    });
  }
  return byId;
}

type Object = (what: string) => void;

/** Drafted, published, extended to later and later deadlines, closed: numbered from 1, one for each accepted command. */
function judgeEvents(commands: Accepted, said: Said[], object: Object): Life {
  const names = said.map(({ name }) => name);
  const order = names.map((name) => name.replace('Consultation', '')).join(' ');
  if (!/^Drafted( Published( DeadlineExtended)*( Closed)?)?$/.test(order)) object(`its events are ${order || 'none'}`);
  said.forEach(({ seq }, at) => {
    if (seq !== at + 1) object(`event ${at + 1} has the number ${seq}`);
  });
  const count = (name: string) => names.filter((one) => one === name).length;
  if (count('ConsultationPublished') !== commands.publications)
    object(`${count('ConsultationPublished')} publications for ${commands.publications} accepted`);
  const extensions = said
    .filter(({ name }) => name === 'DeadlineExtended')
    .map(({ body }) => Date.parse((JSON.parse(body) as { deadline: string }).deadline));
  if (extensions.join() !== commands.extensions.join())
    object(`extended to ${times(extensions)}, while ${times(commands.extensions)} were accepted`);
  const closings = said.filter(({ name }) => name === 'ConsultationClosed').map(({ body }) => JSON.parse(body).cause);
  const last = commands.extensions.at(-1) ?? commands.deadline;
  const expired = commands.publications > 0 && commands.closings === 0 && last <= Date.now();
  const due = commands.closings > 0 ? ['CLOSING_CAUSE_BUYER'] : expired ? ['CLOSING_CAUSE_DEADLINE'] : [];
  if (commands.closings > 1 || closings.join() !== due.join())
    object(`closed ${closings.join() || 'never'}, while ${commands.closings} closings were accepted and due is ${due}`);
  return { extensions, published: count('ConsultationPublished') > 0, closed: closings.length > 0 };
}

function judgeRow(rows: Facts['procurement']['consultations'], commands: Accepted, life: Life, object: Object): void {
  const [row] = rows;
  if (!row || rows.length !== 1) {
    object(`has ${rows.length} rows, not one`);
    return;
  }
  if (row.title !== commands.title) object(`has the title of another command: ${row.title}`);
  const status = life.closed ? 'CLOSED' : life.published ? 'PUBLISHED' : 'DRAFT';
  if (row.status !== `CONSULTATION_STATUS_${status}`) object(`is ${row.status}, not ${status}`);
  const deadline = commands.extensions.at(-1) ?? commands.deadline;
  if (row.deadline !== deadline) object(`has the deadline ${times([row.deadline])}, not ${times([deadline])}`);
}

/** The shelf took in each event once: its revision counts them, and each state it went through is that of its revision. */
function judgeShelf(shelves: Shelf[], states: Shelf[], life: Life & { deadline: number }, object: Object): void {
  const [shelf] = shelves;
  const due = life.published ? 1 : 0;
  if (shelves.length !== due) object(`has ${shelves.length} shelves, not ${due}`);
  if (!shelf || !life.published) return;
  const revision = 1 + life.extensions.length + (life.closed ? 1 : 0);
  if (shelf.revision !== revision) object(`its shelf is at revision ${shelf.revision}, not ${revision}`);
  const same = (state: Shelf) => {
    const openUntil = [life.deadline, ...life.extensions].slice(0, state.revision).at(-1);
    const closed = life.closed && state.revision === revision;
    return state.openUntil === openUntil && state.status === `SHELF_STATUS_${closed ? 'CLOSED' : 'OPEN'}`;
  };
  if (!same(shelf)) object(`its shelf is ${shelf.status} until ${times([shelf.openUntil])}`);
  let before = 0;
  for (const state of states) {
    if (state.revision <= before) object(`its shelf went from revision ${before} to ${state.revision}`);
    if (!same(state))
      object(`its shelf was ${state.status} until ${times([state.openUntil])} at revision ${state.revision}`);
    before = state.revision;
  }
  if (before !== shelf.revision) object(`its shelf was last seen to change at revision ${before}`);
}

function times(list: number[]): string {
  return list.map((one) => (Number.isFinite(one) ? new Date(one).toISOString() : 'no time')).join(', ') || 'nothing';
}

/** In the order given. */
export function groupBy<T>(list: T[], key: (one: T) => string): Map<string, T[]> {
  return Map.groupBy(list, key);
}
