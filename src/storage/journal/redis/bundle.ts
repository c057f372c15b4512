/** The bundle that is loaded when the first storage on a Redis server is opened. */
export * from './door.ts';
export { Redis } from './driver.ts';
