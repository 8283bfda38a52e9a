import { type Runner, routesOf } from '@jonction/commands';
import {
  type CreateConsultationsRequest,
  type CreateConsultationsResponse,
  ConsultationServiceDefinition as consultations,
} from '@jonction/contracts';
import type { Database, Routes } from '@jonction/service';
import { closeConsultation } from './commands/close-consultation.ts';
import { createConsultation } from './commands/create-consultation.ts';
import { extendConsultation } from './commands/extend-consultation.ts';
import { publishConsultation } from './commands/publish-consultation.ts';
import { getConsultation } from './queries/get-consultation.ts';
import { listConsultations } from './queries/list-consultations.ts';
import { listRunning } from './queries/list-running.ts';

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
