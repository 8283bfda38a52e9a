import { type Runner, routesOf } from '@jonction/commands';
import {
  type CreateConsultationsRequest,
  type CreateConsultationsResponse,
  ConsultationServiceDefinition as consultations,
  DeadlineServiceDefinition as deadlines,
  ConsultationLifeServiceDefinition as life,
} from '@jonction/contracts';
import type { Database, Routes } from '@jonction/service';
import type { Codes } from './commands/check-description.ts';
import { closeConsultation } from './commands/close-consultation.ts';
import { byForm } from './commands/code-lists.ts';
import { createConsultation } from './commands/create-consultation.ts';
import { describeConsultation } from './commands/describe-consultation.ts';
import { extendConsultation } from './commands/extend-consultation.ts';
import { openTenders } from './commands/open-tenders.ts';
import { publishConsultation } from './commands/publish-consultation.ts';
import { recordLotStep } from './commands/record-lot-step.ts';
import { rectifyConsultation } from './commands/rectify-consultation.ts';
import { returnConsultation } from './commands/return-consultation.ts';
import { scheduleConsultation } from './commands/schedule-consultation.ts';
import { submitConsultation } from './commands/submit-consultation.ts';
import { computeDeadlines } from './queries/compute-deadlines.ts';
import { getConsultation } from './queries/get-consultation.ts';
import { listConsultations } from './queries/list-consultations.ts';
import { listLots } from './queries/list-lots.ts';
import { listRunning } from './queries/list-running.ts';
import { listVersions } from './queries/list-versions.ts';

/** What procurement is asked, and the right each needs. */
export function rpc(database: Database, runner: Runner): Routes<typeof consultations> {
  const { command, bulk, query } = routesOf(consultations, database, runner);
  return {
    createConsultation: command('createConsultation', 'procurement.write', createConsultation),
    createConsultations: bulk('createConsultation', 'procurement.write', createConsultation, {
      request: (item: CreateConsultationsRequest) => item.consultation,
      done: (requestId, created): CreateConsultationsResponse => ({
        requestId,
        outcome: { $case: 'created', value: created },
      }),
      refused: (requestId, refusal) => ({ requestId, outcome: { $case: 'refusal', value: refusal } }),
    }),
    publishConsultation: command('publishConsultation', 'procurement.publish', publishConsultation),
    extendConsultation: command('extendConsultation', 'procurement.publish', extendConsultation),
    closeConsultation: command('closeConsultation', 'procurement.publish', closeConsultation),
    getConsultation: query('getConsultation', 'procurement.read', getConsultation),
    listRunning: query('listRunning', 'procurement.read', listRunning),
    listConsultations: query('listConsultations', 'procurement.read', listConsultations),
  };
}

/** What the law says of times and publication. */
export function deadlineRpc(database: Database, runner: Runner): Routes<typeof deadlines> {
  const { query } = routesOf(deadlines, database, runner);
  return { computeDeadlines: query('computeDeadlines', 'procurement.read', computeDeadlines) };
}

/** The life of consultations beyond their publication. `codes` are the lists that descriptions are judged by. */
export function lifeRpc(database: Database, runner: Runner, codes: Codes = byForm): Routes<typeof life> {
  const { command, query } = routesOf(life, database, runner);
  return {
    describeConsultation: command('describeConsultation', 'procurement.write', describeConsultation(codes)),
    submitConsultation: command('submitConsultation', 'procurement.write', submitConsultation),
    returnConsultation: command('returnConsultation', 'procurement.publish', returnConsultation),
    scheduleConsultation: command('scheduleConsultation', 'procurement.publish', scheduleConsultation),
    rectifyConsultation: command('rectifyConsultation', 'procurement.publish', rectifyConsultation(codes)),
    openTenders: command('openTenders', 'procurement.publish', openTenders),
    recordLotStep: command('recordLotStep', 'procurement.publish', recordLotStep),
    listLots: query('listLots', 'procurement.read', listLots),
    listVersions: query('listVersions', 'procurement.read', listVersions),
  };
}
