import type { Amendment, Party, Release, Tag } from './release.ts';

/** What an event says beside what all releases of its process say. */
export type Said = Pick<Release, 'tender' | 'bids' | 'awards' | 'contracts'> & { tag: Tag; parties?: Party[] };

/** The release that is made, and what is known without it. `before` is the release before it, absent of the first. */
export interface Context {
  ocid: string;
  releaseID: string;
  before?: string;
  at: string;
  known: Release | undefined;
}

export function amendmentOf({ releaseID, before, at }: Context, more: Partial<Amendment>): Amendment {
  const amends = before === undefined ? {} : { amendsReleaseID: before };
  return { id: `amendment-${releaseID}`, date: at, releaseID, ...amends, ...more };
}
