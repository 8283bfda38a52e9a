import { snake } from '@jonction/stack';

/** The database that a test's own is a copy of. */
export const templateOf = (name: string): string => `template_${snake(name)}`;
