import { accessSubscriptions } from '@jonction/commands';
import { MemberAdmitted } from '@jonction/contracts';
import { on } from '@jonction/events';
import { onMemberAdmitted } from './handlers/on-member-admitted.ts';

/** What teletransmission hears. */
export const subscriptions = [on(MemberAdmitted, onMemberAdmitted), ...accessSubscriptions];
