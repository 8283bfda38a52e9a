export { answer } from './child.ts';
export { type Cost, type Isolated, type IsolatedOptions, type Judged, type Overrun, openIsolated } from './parent.ts';
