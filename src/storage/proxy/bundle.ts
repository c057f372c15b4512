/** The bundle that is loaded when the first storage proxy is opened. */
export * from './door.ts';
export * from './library.ts';
