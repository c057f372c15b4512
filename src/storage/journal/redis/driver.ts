/** A bundle of its own: only studies on Redis load its driver. */
export { Redis } from 'ioredis';
