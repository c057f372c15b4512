import { resolve } from 'node:path';
import { Command, type CommanderError, InvalidArgumentError, Option } from 'commander';
import { PRUNERS } from '../../core/pruners/prunerMethods.ts';
import { SCRIPT_SAMPLERS } from '../../core/samplers/samplerMethods.ts';
import { kindNamed } from '../../storage/kinds.ts';
import { storagePlace } from '../../storage/writableStorage.ts';
import { durationMs } from '../../studyfile/duration.ts';
import { END_COMMAND } from '../cluster/executor.ts';
import { print, printError } from '../render/print.ts';
import { readVersion } from '../version.ts';
import { backendInstallCommand, backendListCommand } from './backend.ts';
import { copyCommand, importCommand } from './copyStudies.ts';
import { debugCommand } from './debug.ts';
import { doctorCommand } from './doctor/doctor.ts';
import { draftCommand, studyFileToRun } from './draft.ts';
import { estimateCommand } from './estimate.ts';
import { EXIT, type ExitCode } from './exitCodes.ts';
import { importanceCommand } from './importance.ts';
import { interpretersCommand } from './interpreters.ts';
import { runCommand } from './run.ts';
import { scheduleCommand } from './schedule.ts';
import { pauseCommand, reloadCommand, resumeCommand, statusCommand, stopCommand } from './steer.ts';
import { type BestForm, bestCommand, studiesCommand, trialsCommand } from './storages.ts';
import { type StudyPlace, studyPlace } from './studyPlace.ts';
import { typesCommand } from './types.ts';
import { workerCommand } from './worker.ts';
import { deleteCommand, enqueueCommand, noteCommand } from './writeStudy.ts';

/** Also at every command that opens what a record in a folder names. */
const TRUST = ['--trust', 'open servers and other places that records name which you did not write here'] as const;

const LAUNCH = 'the debug configuration, Makefile target or project script that says how the script is run';
const NO_LAUNCH = 'run the script by its path, whatever the project says';

function placeFor(target: string, { study, trust }: { study?: string; trust?: boolean }): Promise<StudyPlace> {
  return studyPlace(target, study, trust === true);
}

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

/** Databases keep whole seconds; more often would be seen as silence. */
function heartbeat(text: string): number {
  const value = duration(text);
  if (value < 1000) throw new InvalidArgumentError('It must be 1s or more.');
  return value;
}

/** Goes into the environment, and on to a process in the background there: others see the arguments of a program. */
function givenStorage(text: string): string {
  const { kind, path, url } = storagePlace(text, process.cwd());
  if (url?.ownPassword !== undefined) process.env['TUNEBOARD_STORAGE_PASSWORD'] = url.ownPassword;
  return kindNamed(kind).textOf?.(path) ?? path;
}

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

function addStorages(program: Command): void {
  const storage = [
    '<storage>',
    'a storage, or the study file, the script or the name of a study that was run here',
  ] as const;
  const study = ['--study <name>', 'the study, when there are several'] as const;
  program
    .command('studies')
    .description('list the studies of a storage')
    .argument(...storage)
    .option(...TRUST)
    .action((target: string, options) => finish(async () => studiesCommand(await placeFor(target, options))));
  program
    .command('trials')
    .description('list the trials of a study')
    .argument(...storage)
    .option(...study)
    .option(...TRUST)
    .option('--json', 'everything that is stored, of all studies unless one is chosen')
    .action((target: string, options) =>
      finish(async () => trialsCommand(await placeFor(target, options), options.json === true)),
    );
  program
    .command('best')
    .description('print the best parameters of a study')
    .argument(...storage)
    .option(...study)
    .option(...TRUST)
    .addOption(
      new Option('--as <form>', 'how to write them')
        .choices(['text', 'python', 'json', 'yaml', 'args'])
        .default('text'),
    )
    .action((target: string, options) =>
      finish(async () => bestCommand(await placeFor(target, options), options.as as BestForm)),
    );
  program
    .command('importance')
    .description('tell how much each parameter of a study decides')
    .argument(...storage)
    .option(...study)
    .option(...TRUST)
    .addOption(
      new Option(
        '--evaluator <name>',
        'PED-ANOVA tells what makes a trial one of the best, fANOVA what moves the value',
      )
        .choices(['ped-anova', 'fanova'])
        .default('ped-anova'),
    )
    .option('--objective <n>', 'the objective, from 0, of a study with several', wholeNumber(0))
    .option('--json', 'as JSON')
    .action((target: string, options) =>
      finish(async () => importanceCommand(await placeFor(target, options), options)),
    );
  program
    .command('schedule')
    .description('print the parameters over time that trained the best trial of a population')
    .argument(...storage)
    .option(...study)
    .option(...TRUST)
    .option('--trial <n>', 'another trial than the best', wholeNumber(0))
    .option('--json', 'as "tuneboard run --replay" reads it')
    .action((target: string, options) => finish(async () => scheduleCommand(await placeFor(target, options), options)));
  program
    .command('note')
    .description('show or write the note, star and tags of a study or a trial')
    .argument(...storage)
    .option(...study)
    .option(...TRUST)
    .option('--trial <n>', 'of this trial instead of the study', wholeNumber(0))
    .option('--text <markdown>', 'the note; - reads it from the standard input, as optuna-dashboard shows it')
    .option('--star', 'mark it with a star')
    .option('--no-star', 'take the star away')
    .option('--tags <list>', 'its tags, with commas between them')
    .addOption(new Option('--since <version>', 'of the note that was read').argParser(wholeNumber(0)).hideHelp())
    .action((target: string, options) =>
      finish(async () => noteCommand(await placeFor(target, options), { ...options, tags: options.tags?.split(',') })),
    );
  program
    .command('enqueue')
    .description('let the next run of a study begin with trials of these parameters')
    .argument(...storage)
    .requiredOption('--params <json>', 'an object, or an array of them; - reads it from the standard input')
    .option(...study)
    .option(...TRUST)
    .action((target: string, options) =>
      finish(async () => enqueueCommand(await placeFor(target, options), options.params)),
    );
  program
    .command('delete')
    .description('delete a study and its trials for ever; files that trials wrote stay')
    .argument(...storage)
    .option(...study)
    .option(...TRUST)
    .option('--yes', 'do not ask')
    .action((target: string, options) =>
      finish(async () => deleteCommand(await placeFor(target, options), options.yes === true)),
    );
  program
    .command('copy')
    .description('copy studies into a journal or a database, new or not')
    .argument('<from>', storage[1])
    .argument('<to>', 'a journal, a SQLite file, or the URL of a database on a server')
    .option(...study)
    .option(...TRUST)
    .action((from: string, to: string, options) => finish(async () => copyCommand(await placeFor(from, options), to)));
  program
    .command('import')
    .description('rebuild the trials of a printed log as a journal')
    .argument('<log>', 'the log file')
    .option('--to <file>', 'the journal to write')
    .action((location: string, options) => finish(() => importCommand(location, options.to)));
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
      const { endLeft } = await import('../cluster/endLeft.ts');
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
