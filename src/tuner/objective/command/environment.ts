import { delimiter } from 'node:path';
import { pythonFolder } from '../../pythonFolder.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment that a person's program starts from: their own, without what only concerns the tuner, plus what makes
 * Python print each line at once, in UTF-8.
 */
export function childEnvironment(env: Environment): Record<string, string> {
  const own = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !isOurs(entry[0]),
  );
  const result: Record<string, string> = Object.fromEntries(own);
  result['PYTHONUNBUFFERED'] ??= '1';
  result['PYTHONIOENCODING'] ??= 'utf-8:replace';
  return result;
}

/** The same for the program of a command, which may `import tuneboard`. */
export function commandEnvironment(env: Environment): Record<string, string> {
  const result = childEnvironment(env);
  result['PYTHONPATH'] = [result['PYTHONPATH'], pythonFolder].filter(Boolean).join(delimiter);
  return result;
}

/** ELECTRON_RUN_AS_NODE would turn an editor that a program starts into Node; a NODE_CHANNEL is the launcher's. */
function isOurs(name: string): boolean {
  return name === 'ELECTRON_RUN_AS_NODE' || name.startsWith('NODE_CHANNEL_') || name.startsWith('TUNEBOARD_');
}
