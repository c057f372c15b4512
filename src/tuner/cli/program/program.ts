import { resolve } from 'node:path';
import { Command, type CommanderError, Option } from 'commander';
import { PRUNERS } from '../../../core/pruners/prunerMethods.ts';
import { SCRIPT_SAMPLERS } from '../../../core/samplers/samplerMethods.ts';
import { END_COMMAND } from '../../cluster/executor.ts';
import { print, printError } from '../../render/print.ts';
import { readVersion } from '../../version.ts';
import { backendInstallCommand, backendListCommand } from '../backend.ts';
import { debugCommand } from '../debug.ts';
import { doctorCommand } from '../doctor/doctor.ts';
import { draftCommand, studyFileToRun } from '../draft.ts';
import { estimateCommand } from '../estimate.ts';
import { EXIT } from '../exitCodes.ts';
import { interpretersCommand } from '../interpreters.ts';
import { runCommand } from '../run.ts';
import { pauseCommand, reloadCommand, resumeCommand, statusCommand, stopCommand } from '../steer.ts';
import { typesCommand } from '../types.ts';
import { workerCommand } from '../worker.ts';

import { duration, finish, givenStorage, heartbeat, placeFor, TRUST, wholeNumber } from './arguments.ts';
import { addStorages } from './storageCommands.ts';

const LAUNCH = 'the debug configuration, Makefile target or project script that says how the script is run';
const NO_LAUNCH = 'run the script by its path, whatever the project says';

/** The whole command line. `cli` is this program's own path. Sets process.exitCode. */
export function createProgram(cli: string): Command {
  const program = new Command('tuneboard')
    .description('Hyperparameter studies: run them, steer them, read their trials.')
    .version(readVersion())
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => print(text.trimEnd().split('\n')),
      writeErr: (text) => printError(text.trimEnd().split('\n')),
    })
    .exitOverride((error) => endOnCommanderError(error));
  addRun(program, cli);
  addSteering(program, cli);
  addStorages(program);
  addBackend(program);
  addOthers(program);
  return program;
}

function endOnCommanderError(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage);
}

function addRun(program: Command, cli: string): void {
  program
    .command('run')
    .description('run a study file, an Optuna script, or any script, which gets a study file first; a study goes on')
    .argument('<file>', '*.study.yaml, *.py, *.ipynb, *.js or *.ts')
    .argument('[arguments...]', 'after --: what a script without a study file is always given')
    .option('--detach', 'run in the background')
    .option('--trials <n>', 'finished trials to reach, over all runs', wholeNumber(1))
    .option('--timeout <time>', 'running time, as 90s, 30m or 2h', duration)
    .option('--parallel <n>', 'trials at a time', wholeNumber(1))
    .option('--seed <n>', 'seed of the sampler', wholeNumber(0))
    .option('--replay <schedule>', 'train once along a schedule that "tuneboard schedule --json" wrote', (path) =>
      resolve(path),
    )
    .option('--storage <storage>', 'where the trials are kept, instead of where the study file says', givenStorage)
    .option('--python <path>', 'Python interpreter to use')
    .option('--metric <name>', 'which printed number is the metric, for a study file that names none')
    .addOption(
      new Option('--direction <which>', 'whether less or more of it is better').choices(['minimize', 'maximize']),
    )
    .option('--launch <name>', LAUNCH)
    .option('--no-launch', NO_LAUNCH)
    .option('--skip-estimate', 'do not time training steps before a study of the built-in trainer starts')
    .addOption(new Option('--attach <how>', 'how an Optuna script is watched').choices(['hook', 'log']))
    .addOption(
      new Option('--sampler <type>', "Tuneboard's sampler for an Optuna script that names none").choices(
        SCRIPT_SAMPLERS,
      ),
    )
    .addOption(
      new Option('--pruner <type>', "Tuneboard's pruner for an Optuna script that names none").choices(
        Object.keys(PRUNERS),
      ),
    )
    .option('--override', 'also for a script that names its own')
    .option('--resume', "go on with an Optuna script's last run (a study file always goes on)")
    .addOption(new Option('--background').hideHelp())
    .action((file: string, given: string[], options) => {
      const { timeout, launch, ...rest } = options;
      // A window has asked already, and a run that goes on goes on as it was.
      const wish = { given, launch: rest.background || rest.resume ? false : launch };
      const passOn = Object.entries({ ...rest, timeout: timeout && `${timeout / 1000}s` })
        .filter(([name, value]) => value !== undefined && !['detach', 'background', 'skipEstimate'].includes(name))
        .flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, String(value)]));
      return finish(async () => {
        const { path, isDrafted } = await studyFileToRun(file, wish);
        const timed = timeout && { timeoutMs: timeout };
        return runCommand(path, { ...rest, ...timed, cli, passOn, ...(isDrafted && { isDrafted }) });
      });
    });
  program
    .command('draft')
    .description('write a study file for a script: its command, its hyperparameters with ranges, where they stand')
    .argument('<file>', '*.py, *.ipynb, *.js or *.ts')
    .argument('[arguments...]', 'after --: what the script is always given')
    .option('--launch <name>', LAUNCH)
    .option('--no-launch', NO_LAUNCH)
    .option('--json', 'print it as JSON, and write nothing')
    .option('--stdout', 'print the study file, and write nothing')
    .addOption(new Option('--terminal').hideHelp())
    .action((file: string, given: string[], { launch, ...options }) =>
      finish(() => draftCommand(file, { given, launch }, options)),
    );
}

function addSteering(program: Command, cli: string): void {
  const study = ['[study]', 'its name, the file it was started from, or a folder; without: the one that fits'] as const;
  program
    .command('status')
    .description('show the studies that were run here')
    .argument(...study)
    .option('--json', 'as JSON')
    .option(...TRUST)
    .action((target: string | undefined, { json, trust }) =>
      finish(() => statusCommand(target, json === true, trust === true)),
    );
  program
    .command('stop')
    .description('stop a running study when its running trials have ended')
    .argument(...study)
    .option('--now', 'end the running trials too')
    .action((target: string | undefined, { now }) => finish(() => stopCommand(target, now === true)));
  program
    .command('pause')
    .description('start no new trials until "resume"')
    .argument(...study)
    .action((target: string | undefined) => finish(() => pauseCommand(target)));
  program
    .command('reload')
    .description('let a running study take over what its study file says now')
    .argument(...study)
    .action((target: string | undefined) => finish(() => reloadCommand(target)));
  program
    .command('resume')
    .description('go on with a study that is paused, was stopped or was cut off')
    .argument(...study)
    .option(...TRUST)
    .action((target: string | undefined, { trust }) => finish(() => resumeCommand(target, cli, trust === true)));
}

function addBackend(program: Command): void {
  program
    .command('estimate')
    .description('time a few training steps and tell what a study of the built-in trainer will take')
    .argument('<file>', 'a study file with `objective: { trainer: … }`')
    .option('--json', 'as JSON')
    .action((file: string, { json }) => finish(() => estimateCommand(file, json === true)));

  const backend = program.command('backend').description('what the built-in trainer computes with');
  backend
    .command('list')
    .description('show the backends, fastest first, and which of them work here')
    .action(() => finish(backendListCommand));
  backend
    .command('install')
    .description('bring the fastest backend, TensorFlow: an installed one is used, else it is downloaded (200 MB)')
    .option('--from <folder>', 'folder that has libtensorflow_cc.so.2, such as a Python package tensorflow')
    .option('--download', 'download it even where a Python TensorFlow is installed')
    .option('--python <path>', 'Python interpreter to ask for TensorFlow and for pip')
    .addOption(new Option('--json', 'progress as JSON lines').hideHelp())
    .action((options) => finish(() => backendInstallCommand(options)));
}

function addOthers(program: Command): void {
  program
    .command('worker')
    .description('work on a study that others work on too, until its budget is reached')
    .option('--study-file <file>', 'the *.study.yaml; without: the file that the study was started from')
    .option(
      '--storage <storage>',
      "where the trials are; without: the study file's own. A password is read from TUNEBOARD_STORAGE_PASSWORD",
    )
    .option('--study <name>', "the study's name; without: the study file's")
    .option('--trials <n>', 'finished trials to reach, of all workers', wholeNumber(1))
    .option('--timeout <time>', 'running time, as 90s, 30m or 2h', duration)
    .option('--parallel <n>', 'trials at a time', wholeNumber(1), 1)
    .option('--heartbeat <time>', 'time between two signs of life, a second at least', heartbeat, 30_000)
    .option('--checkpoints <folder>', 'for checkpoints, where all workers see it')
    .option('--python <path>', 'Python interpreter to use')
    .option('--echo', 'print what trials print')
    .action((options) =>
      finish(() =>
        workerCommand({
          studyFile: options.studyFile,
          storage: options.storage,
          study: options.study,
          trials: options.trials,
          timeoutMs: options.timeout,
          parallel: options.parallel,
          heartbeatMs: options.heartbeat,
          checkpoints: options.checkpoints && resolve(options.checkpoints),
          python: options.python,
          echo: options.echo === true,
        }),
      ),
    );
  // Internal: what a stop has left on a cluster that was out of reach.
  program
    .command(END_COMMAND, { hidden: true })
    .argument('<folder>')
    .argument('<workers>')
    .action(async (folder: string, workers: string) => {
      const { endLeft } = await import('../../cluster/endLeft.ts');
      await endLeft(folder, JSON.parse(workers));
    });
  program
    .command('debug')
    .description('print how a debugger runs one trial of a study once more, as JSON; the run counts as no trial')
    .argument('<file>', 'study file or script that the study was started from')
    .requiredOption('--trial <n>', 'number of the trial', wholeNumber(0))
    .option('--study <name>', 'the study, where the storage has several')
    .option('--python <path>', 'Python interpreter to use')
    .option(...TRUST)
    .addOption(new Option('--given <json>', 'the trial itself').hideHelp())
    .action((target: string, options) =>
      finish(() =>
        debugCommand(resolve(target), () => placeFor(target, options), {
          trial: options.trial,
          python: options.python,
          given: options.given === undefined ? undefined : JSON.parse(options.given),
        }),
      ),
    );
  program
    .command('types')
    .description("write the TypeScript types of a study's parameters beside the study file")
    .argument('<file>', 'a *.study.yaml')
    .action((file: string) => finish(async () => typesCommand(resolve(file))));
  program
    .command('doctor')
    .description(
      'show what is installed, what each missing part would give, and which storages and clusters can be used',
    )
    .argument('[targets...]', 'storages, study files or folders; without: the study files of this folder')
    .option('--python <path>', 'Python interpreter to look at')
    .action((targets: string[], options) => finish(() => doctorCommand(targets, options.python)));
  program
    .command('interpreters')
    .description('list the Python interpreters that a script could run with, best first')
    .argument('[file]', 'script, study file or folder; without: this folder')
    .option('--json', 'one JSON object a line')
    .action((target: string | undefined, options) => finish(() => interpretersCommand(target, options.json === true)));
}
