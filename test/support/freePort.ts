import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port of this machine that nobody listens on now. `isFit`: whether it may be this one. */
export async function freePort(isFit: (port: number) => boolean = () => true): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return isFit(port) ? port : freePort(isFit);
}
