import type { Subscription } from '@jonction/events';

/** What membership hears: nothing, it is the first to know. */
export const subscriptions: Subscription[] = [];
