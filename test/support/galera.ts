/** Two servers of a Galera cluster: both take writes. */
import { existsSync, globSync } from 'node:fs';
import { freePort } from './freePort.ts';
import { startServer, type TestServer } from './servers.ts';

const LIBRARY = globSync(['/usr/lib/galera*/libgalera_smm.so', '/usr/lib*/galera*/libgalera_smm.so'])[0];

/** Debian's MariaDB brings it, and rsync, with which a server that joins gets what the others have. */
export function isGaleraInstalled(): boolean {
  return LIBRARY !== undefined && existsSync('/usr/bin/rsync');
}

export async function startCluster(): Promise<{
  readonly servers: readonly [TestServer, TestServer];
  dispose(): Promise<void>;
}> {
  const place = await freePort();
  const first = await startServer('mysql', { settings: await settings('gcomm://', place, 1) });
  try {
    const joining = await settings(`gcomm://127.0.0.1:${place}`, await freePort(), 2);
    const second = await startServer('mysql', { settings: joining, isJoining: true });
    const dispose = async () => {
      await second.dispose();
      await first.dispose();
    };
    return { servers: [first, second], dispose };
  } catch (error) {
    await first.dispose();
    throw error;
  }
}

async function settings(cluster: string, port: number, id: number): Promise<string[]> {
  const [changes, whole] = [await freePort(), await freePort()];
  const provider = [
    ...['base_host=127.0.0.1', `base_port=${port}`, `gmcast.listen_addr=tcp://127.0.0.1:${port}`],
    ...[`ist.recv_addr=127.0.0.1:${changes}`, `ist.recv_bind=127.0.0.1:${changes}`],
  ];
  return [
    ...['--wsrep-on=ON', `--wsrep-provider=${LIBRARY}`, `--wsrep-cluster-address=${cluster}`],
    ...['--wsrep-node-address=127.0.0.1', `--wsrep-node-name=node${id}`, `--server-id=${id}`],
    ...[`--wsrep-provider-options=${provider.join(';')}`],
    ...['--wsrep-sst-method=rsync', `--wsrep-sst-receive-address=127.0.0.1:${whole}`],
    ...['--binlog-format=ROW', '--innodb-autoinc-lock-mode=2'],
  ];
}
