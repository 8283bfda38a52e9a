import type { Merge as MergeMessage, MergeStepKind, MergeStep as StepMessage } from '@jonction/contracts';
import type { Merge, MergeStep } from '../domain/merge.ts';

/** An operation as the contract shows it, with its steps in order. */
export function mergeMessage(merge: Merge, steps: MergeStep[]): MergeMessage {
  const { mergeId, operator, status } = merge;
  const waitsFor = merge.waitsFor(steps);
  return { mergeId, operator, plan: merge.planned(), status, steps: steps.map(stepMessage), waitsFor };
}

function stepMessage(step: MergeStep): StepMessage {
  const { kind, service, count, recordedAt: at, recordedByAgentId: agentId, reason } = step;
  const [fr, en] = words[kind]?.(service.replaceAll('_', '-'), count) ?? ['', ''];
  const because = (sentence: string, why: string) => (why ? `${sentence} ${why}` : sentence);
  return {
    ...{ kind, service, at, count, agentId, reason },
    wordsFr: because(fr, step.wordsFr),
    wordsEn: because(en, step.wordsEn),
  };
}

/** Each step in a sentence, French first. */
const words: Partial<Record<MergeStepKind, (service: string, count: number) => [string, string]>> = {
  MERGE_STEP_KIND_ORDERED: () => ['L’opération est décidée.', 'The operation is ordered.'],
  MERGE_STEP_KIND_BEGUN: () => [
    'Le jour est venu : chaque service suspend ce que les organismes commenceraient.',
    'Its day has come: each service holds what the bodies would begin.',
  ],
  MERGE_STEP_KIND_HELD: (service, count) => [
    `${service} n’accepte plus rien de nouveau ; en cours : ${count}.`,
    `${service} takes nothing new; running there: ${count}.`,
  ],
  MERGE_STEP_KIND_REFUSED: (service) => [
    `${service} ne permet pas l’opération.`,
    `${service} does not let it take place.`,
  ],
  MERGE_STEP_KIND_CANCELLED: () => ['L’opération est annulée.', 'The operation is called off.'],
  MERGE_STEP_KIND_MERGED: (_, count) => [
    `Les organismes ont changé ; agents passés à un autre : ${count}.`,
    `The bodies have changed; agents who act for another since: ${count}.`,
  ],
  MERGE_STEP_KIND_REATTACHED: (service, count) => [
    `${service} a rattaché ce qui est en cours : ${count}.`,
    `${service} has re-attached what runs: ${count}.`,
  ],
  MERGE_STEP_KIND_RELEASED: (service) => [
    `${service} accepte de nouveau tout, comme avant.`,
    `${service} takes everything again, as before.`,
  ],
  MERGE_STEP_KIND_COMPLETED: () => ['L’opération est terminée.', 'The operation is complete.'],
  MERGE_STEP_KIND_UNDONE: () => ['Tout est comme avant l’opération.', 'Everything is as it was before.'],
};
