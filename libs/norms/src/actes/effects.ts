import { MESSAGES, type Root, type Subject } from './names.ts';

/** What a reply changes: the new status of each subject, as S2LOW numbers them, and what is then sent by itself. */
export interface Effect {
  statuses: Partial<Record<Subject, number>>;
  sends?: Root;
  /** The classification of the authority is replaced by the one in this reply. */
  classification?: true;
}

/**
 * What a reply does to what is known of its subjects, by their statuses; a subject that is not known is left out.
 * `basket` when it speaks of nothing that we know or that waits for it: somebody must look, and nothing is changed.
 */
export function effectOf(root: Root, known: Partial<Record<Subject, number>>): Effect | 'basket' {
  const { way, needs, when, else: otherwise, statuses = {}, sends, classification } = MESSAGES[root];
  // A message of ours that came back, or one about something that never was.
  if (way === 'out' || (needs && known[needs] === undefined)) return 'basket';
  // A second acknowledgement, or one of an act that was cancelled since, changes nothing: mails are read twice.
  const due = when === undefined || known.act === when;
  if (!due && otherwise) return otherwise;
  // A classification nobody asked for is in force all the same.
  const changed = Object.entries(due ? statuses : {}).filter(
    ([subject]) => subject !== 'question' || known.question === 3,
  );
  return { statuses: Object.fromEntries(changed), ...(sends && { sends }), ...(classification && { classification }) };
}
