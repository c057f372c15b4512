import { type Command, Option } from 'commander';
import { copyCommand, importCommand } from '../copyStudies.ts';
import { importanceCommand } from '../importance.ts';
import { scheduleCommand } from '../schedule.ts';
import { type BestForm, bestCommand, studiesCommand, trialsCommand } from '../storages.ts';
import { deleteCommand, enqueueCommand, noteCommand } from '../writeStudy.ts';
import { finish, placeFor, TRUST, wholeNumber } from './arguments.ts';

/** Commands on what a storage holds. */
export function addStorages(program: Command): void {
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
