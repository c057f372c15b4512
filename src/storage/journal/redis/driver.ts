/** Nobody pays for Redis's driver who has no storage there: it is a bundle of its own. */
export { Redis } from 'ioredis';
