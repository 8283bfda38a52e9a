// The library refuses nothing of its own: what every service may refuse is in libs/service, and enough for reads.
export { refuse } from '@jonction/service';
