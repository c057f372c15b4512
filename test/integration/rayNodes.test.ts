/** A study on a Ray of two nodes, one of which loses its power; and a dashboard behind encryption. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { RayClient } from '../../src/tuner/cluster/ray/rayClient.ts';
import { repository } from '../support/cache.ts';
import { Authority } from '../support/certificates.ts';
import { needs } from '../support/parts.ts';
import { RayCluster } from '../support/rayCluster.ts';
import { bundle, clusterHead, clusterObjective, clusterProgram, compareWithLocal, loadWhole } from './clusterStudy.ts';
import { TunerFolder, until } from './tunerHarness.ts';

const OTHER = '127.0.0.2';

/** Every trial waits until the node is lost: before that, no worker comes to the end of the study. */
const program = clusterProgram.replace("process.env.TUNEBOARD_TRIAL_NUMBER === '3' && ", '');

test('a study goes on though a node loses its power', { ...needs('ray'), timeout: 300_000 }, async () => {
  const folder = new TunerFolder();
  const ray = await RayCluster.start({}, 1);
  try {
    await ray.addNode(OTHER, 1);
    const executor = `{ type: ray, address: "${ray.address}", heartbeat: 2s, node: "${process.execPath}", entrypoint_num_cpus: 1 }`;
    const source = folder.study(program, {
      objective: clusterObjective(folder),
      head: `${clusterHead(8)}\nstorage: sqlite:///${join(folder.path, 'study.db')}\nexecutor: ${executor}`,
    });
    const tuner = bundle(folder, ['run', source], process.env);
    const workers = () => folder.recordIfAny()?.workers ?? [];
    await until(() => workers().some(({ state, where }) => state === 'running' && where === OTHER));
    await until(() => workers().filter(({ state }) => state === 'running').length === 2);
    const [lost] = workers().filter(({ where }) => where === OTHER);
    ray.killNode(OTHER);
    writeFileSync(join(folder.path, 'killed'), '');
    const { code, stdout, stderr } = await tuner.ended;
    assert.equal(code, 0, `${stdout}${stderr}`);
    assert.ok(lost);
    await compareWithLocal(await loadWhole(join(folder.path, 'study.db'), 8));
  } finally {
    await ray.stop();
    folder.remove();
  }
});

test('a dashboard behind encryption is asked, and what is wrong with its certificate said', async () => {
  const [authority, other] = [new Authority(), new Authority()];
  const servers: Server[] = [];
  const serve = async (names: string, days?: number): Promise<string> => {
    const { cert, key } = authority.issue('dashboard', { names, ...(days !== undefined && { days }) });
    const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_, answer) => {
      answer.end('{"ray_version": "2.60.0"}');
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `https://localhost:${(server.address() as AddressInfo).port}`;
  };
  try {
    const address = await serve('DNS:localhost');
    await assert.rejects(new RayClient(address, {}).version(), {
      code: 'no-cluster',
      message:
        /an authority that is not known here: name the authority's file with `verify` under `executor`, or in the environment variable NODE_EXTRA_CA_CERTS/,
    });
    assert.equal(await new RayClient(address, {}, authority.ca).version(), '2.60.0');
    const noAuthority = join(repository, 'LICENSE');
    for (const path of [other.ca, noAuthority]) {
      await assert.rejects(new RayClient(address, {}, path).version(), {
        code: 'no-cluster',
        message: `Ray's head node at ${address} has a certificate of an authority that is not in ${path}, which \`verify\` under \`executor\` names: name the file of the authority that signed it.`,
      });
    }
    await assert.rejects(new RayClient(address, {}, '/nowhere/ca.pem').version(), {
      code: 'usage',
      message: /^Cannot read \/nowhere\/ca\.pem, which `verify` under `executor` names: ENOENT/,
    });
    const client = join(repository, 'src', 'tuner', 'cluster', 'ray', 'rayClient.ts');
    const script = `import { RayClient } from ${JSON.stringify(client)};
      console.log(await new RayClient(process.argv[1], {}).version().catch((error) => error.message));`;
    const said = async (url: string) => {
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority.ca };
      const args = ['--input-type=module', '-e', script, url];
      return (await promisify(execFile)(process.execPath, args, { env })).stdout.trim();
    };
    assert.equal(await said(address), '2.60.0');
    assert.match(await said(await serve('DNS:elsewhere')), /has a certificate for another name/);
    assert.match(await said(await serve('DNS:localhost', -1)), /not valid today/);
    await assert.rejects(new RayClient(address.replace('https:', 'http:'), {}).version(), { code: 'no-cluster' });
  } finally {
    for (const server of servers) server.close();
    authority.remove();
    other.remove();
  }
});
