import { Command, type CommanderError, InvalidArgumentError, Option } from 'commander';
import { durationMs } from '../../studyfile/duration.ts';
import { readVersion } from '../version.ts';
import { EXIT, type ExitCode } from './exitCodes.ts';
import { runCommand } from './run.ts';

type Action = () => Promise<ExitCode>;

async function finish(action: Action): Promise<void> {
  process.exitCode = await action();
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least)
      throw new InvalidArgumentError(`It must be a whole number from ${least} on.`);
    return value;
  };
}

function duration(text: string): number {
  const value = durationMs(/^\d+(\.\d+)?$/.test(text) ? Number(text) : text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a time like 90s, 30m or 2h.');
  return value;
}

/** The whole command line. `cli` is this program's own path. Sets process.exitCode. */
export function createProgram(cli: string): Command {
  const program = new Command('tuneboard')
    .description('Hyperparameter studies: run them, steer them, read their trials.')
    .version(readVersion())
    .showSuggestionAfterError()
    .exitOverride((error) => endOnCommanderError(error));
  addRun(program, cli);
  return program;
}

function endOnCommanderError(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage);
}

function addRun(program: Command, cli: string): void {
  program
    .command('run')
    .description('run a study file, an Optuna script or a notebook; a study that exists is continued')
    .argument('<file>', '*.study.yaml, *.py or *.ipynb')
    .option('--detach', 'run in the background')
    .option('--trials <n>', 'finished trials to reach, over all runs', wholeNumber(1))
    .option('--timeout <time>', 'running time, as 90s, 30m or 2h', duration)
    .option('--parallel <n>', 'trials at a time', wholeNumber(1))
    .option('--seed <n>', 'seed of the sampler', wholeNumber(0))
    .option('--python <path>', 'Python interpreter to use')
    .addOption(new Option('--background').hideHelp())
    .action((file: string, options) => {
      const { timeout, ...rest } = options;
      const passOn = Object.entries({ ...rest, timeout: timeout && `${timeout / 1000}s` })
        .filter(([name, value]) => value !== undefined && !['detach', 'background'].includes(name))
        .flatMap(([name, value]) => [`--${name}`, String(value)]);
      return finish(() => runCommand(file, { ...rest, ...(timeout && { timeoutMs: timeout }), cli, passOn }));
    });
}
