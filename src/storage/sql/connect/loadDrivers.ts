/** Only studies on a database server load the drivers. */
export function loadDrivers(): Promise<typeof import('./drivers.ts')> {
  return import('./drivers.ts');
}
