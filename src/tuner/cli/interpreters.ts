import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { listInterpreters } from '../objective/launch/findInterpreter.ts';
import { print } from '../render/print.ts';
import { table } from '../render/text.ts';
import { EXIT, type ExitCode } from './exitCodes.ts';

/** `tuneboard interpreters [FILE]`: the Python interpreters that a script in this place could run with, best first. */
export async function interpretersCommand(target: string | undefined, isJson: boolean): Promise<ExitCode> {
  const place = resolve(target ?? '.');
  const folder = statSync(place, { throwIfNoEntry: false })?.isDirectory() ? place : dirname(place);
  const found = await listInterpreters({ folder, named: null, cwd: folder, env: process.env });
  if (isJson)
    print(
      found.map(({ executable, command, version, optuna, origin }) =>
        JSON.stringify({ path: origin === 'path' ? executable : command, version, optuna, origin }),
      ),
    );
  else if (found.length === 0) print('No Python was found here.');
  else
    print(
      table(
        found.map(({ command, version, optuna, origin }) => [
          command,
          version,
          origin,
          optuna ? `Optuna ${optuna}` : '',
        ]),
      ),
    );
  return found.length === 0 ? EXIT.failed : EXIT.done;
}
