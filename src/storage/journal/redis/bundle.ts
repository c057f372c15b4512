/** The bundle that is loaded when the first storage on a Redis server is opened. */
export { Redis } from './driver.ts';
export { openRedisLog } from './openRedis.ts';
