/** Nobody pays for gRPC who has no storage behind a proxy. */
export function loadGrpc(): Promise<typeof import('./library.ts')> {
  return import('./library.ts');
}
