/** Nobody pays for the drivers who has no database on a server. */
export function loadDrivers(): Promise<typeof import('./drivers.ts')> {
  return import('./drivers.ts');
}
