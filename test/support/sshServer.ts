/** A login node of this one machine: a real sshd on a port of its own, and an `ssh` that is told its key and its hosts. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './freePort.ts';
import { signalAll } from './processes.ts';

const SSHD = '/usr/sbin/sshd';
const SSH = '/usr/bin/ssh';

export function isSshInstalled(): boolean {
  return [SSHD, SSH].every((path) => existsSync(path));
}

/**
 * Scripts for sh in place of programs, by their names: `$REAL` is the program that each stands for, `$STATE` a file of its own
 * that is not there at first.
 */
export type Wrappers = Readonly<Record<string, string>>;

function writeWrappers(folder: string, wrappers: Wrappers, path: string): void {
  for (const [name, script] of Object.entries(wrappers)) {
    const real = path
      .split(delimiter)
      .map((one) => join(one, name))
      .find((one) => existsSync(one));
    writeFileSync(join(folder, name), `#!/bin/sh\nREAL='${real}'; STATE='${folder}/${name}.state'\n${script}\n`, {
      mode: 0o755,
    });
  }
}

export class SshServer {
  readonly #folder: string;
  readonly #port: number;
  readonly #env: NodeJS.ProcessEnv;
  #server: ChildProcess | undefined;

  private constructor(folder: string, port: number, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#port = port;
    this.#env = env;
  }

  /** @param env What the commands of whoever logs in find. */
  static async start(env: NodeJS.ProcessEnv): Promise<SshServer> {
    const server = new SshServer(mkdtempSync(join(tmpdir(), 'sshd-')), await freePort(), env);
    server.#configure();
    await server.resume();
    return server;
  }

  /**
   * The environment of a client: its `ssh` knows the hosts `login`, `stranger` (whose key is not known), `changed` (which had
   * another key), `locked` (which does not take the client's key) and `nowhere` (which has no address).
   */
  client(env: NodeJS.ProcessEnv, wrappers: Wrappers = {}): NodeJS.ProcessEnv {
    const path = `${this.#folder}/bin${delimiter}${env['PATH'] ?? ''}`;
    const wrapped = mkdtempSync(join(this.#folder, 'wrapped-'));
    writeWrappers(wrapped, wrappers, path);
    return { ...env, PATH: `${wrapped}${delimiter}${path}` };
  }

  /** Puts programs before those of the same name on the login node, in place of the ones before. */
  wrap(wrappers: Wrappers = {}): void {
    const folder = join(this.#folder, 'there');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    writeWrappers(folder, wrappers, process.env['PATH'] ?? '');
  }

  /** Takes connections (again). */
  async resume(): Promise<void> {
    this.#server = spawn(SSHD, ['-D', '-e', '-f', join(this.#folder, 'sshd_config')], { stdio: 'ignore' });
    while (!(await isOpen(this.#port))) {
      if (this.#server.exitCode !== null) throw new Error('sshd did not start.');
      await sleep(50);
    }
  }

  /** Takes no more connections, and cuts those that there are. */
  async cut(): Promise<void> {
    const server = this.#server;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    const sessions = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim().split(' ');
    server.kill('SIGKILL');
    signalAll(sessions.filter((one) => one !== '').map(Number), 'SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.cut();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #configure(): void {
    const path = (name: string) => join(this.#folder, name);
    for (const key of ['host', 'other', 'me', 'wrong']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', key, '-f', path(key)]);
    }
    // Where sshd separates its privileges; Debian's service makes it.
    mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    const lines = [
      'ListenAddress 127.0.0.1',
      `Port ${this.#port}`,
      `HostKey ${path('host')}`,
      `AuthorizedKeysFile ${path('me')}.pub`,
      `PidFile ${path('pid')}`,
      'StrictModes no',
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'UsePAM no',
      'MaxStartups 100',
      // As the start-up files of many a login node do.
      `ForceCommand echo "Welcome to the cluster"; exec sh -c "$SSH_ORIGINAL_COMMAND"`,
      `SetEnv ${Object.entries({ ...this.#env, PATH: `${path('there')}${delimiter}${process.env['PATH']}` })
        .map(([name, value]) => `${name}="${value}"`)
        .join(' ')}`,
    ];
    writeFileSync(path('sshd_config'), `${lines.join('\n')}\n`);
    const keyOf = (name: string) => readFileSync(path(`${name}.pub`), 'utf8').trim();
    for (const [name, key] of [
      ['login', 'host'],
      ['changed', 'other'],
      ['locked', 'host'],
    ] as const)
      appendFileSync(path('known_hosts'), `${name} ${keyOf(key)}\n`);
    const here = ['HostName 127.0.0.1', `Port ${this.#port}`];
    const host = (name: string, ...words: string[]) => [`Host ${name}`, `HostKeyAlias ${name}`, ...words].join('\n  ');
    const hosts = [
      host('login', ...here, `IdentityFile ${path('me')}`),
      host('stranger', ...here, `IdentityFile ${path('me')}`),
      host('changed', ...here, `IdentityFile ${path('me')}`),
      host('locked', ...here, `IdentityFile ${path('wrong')}`),
      host('nowhere', 'HostName no-such-host.invalid'),
      `Host *\n  User ${userInfo().username}\n  IdentitiesOnly yes\n  IdentityAgent none\n  GlobalKnownHostsFile none\n  UserKnownHostsFile ${path('known_hosts')}`,
    ];
    writeFileSync(path('ssh_config'), `${hosts.join('\n')}\n`);
    mkdirSync(path('bin'));
    mkdirSync(path('there'));
    // ssh looks into the user's own folder, whatever HOME is.
    writeFileSync(path('bin/ssh'), `#!/bin/sh\nexec ${SSH} -F ${path('ssh_config')} "$@"\n`, { mode: 0o755 });
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
