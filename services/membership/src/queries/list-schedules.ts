import { readPage, writePage } from '@jonction/commands';
import type { ListSchedulesRequest, ListSchedulesResponse } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Schedule } from '../domain/contribution-schedule.ts';
import { scheduleMessage } from './schedule-message.ts';

/** By id, which is drawn in the order of time. */
export async function listSchedules(em: EntityManager, request: ListSchedulesRequest): Promise<ListSchedulesResponse> {
  const { limit, after } = readPage(request, [], 1);
  const beyond = after?.[0] === undefined ? {} : { scheduleId: { $gt: after[0] } };
  const found = await em.find(Schedule, beyond, { orderBy: { scheduleId: 'asc' }, limit: limit + 1 });
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return { schedules: page.map(scheduleMessage), nextPageToken: writePage(last && [last.scheduleId], []) };
}
