/** The package has no types. */
declare module 'pgpass' {
  export interface ConnectionParameters {
    readonly host?: string;
    readonly port?: number;
    readonly database?: string;
    readonly user?: string;
  }
  /** Finds a password in the file that libpq would read. */
  // biome-ignore lint/style/noDefaultExport: it has no other one.
  export default function readPgpass(place: ConnectionParameters, found: (password: string | undefined) => void): void;
}
