import { messagesOf } from '../message.ts';

/** What the tuner says of studies, trials and programs. */
export const TUNER = {
  allFailedAlike: 'The first {count} trials all failed the same way, so the study was stopped. {reason}',
  allTrialsFailed: 'All {failed} trials failed. {reason}',
  allTrialsFailedTitle: 'All {failed} trials failed.',
  cannotFilledLetProgramRead:
    '{place} cannot be filled in: {why}. Let the program read the environment variable TUNEBOARD_PARAMS, or leave out `shell: true`.',
  cannotRead: 'Cannot read {path}: {error}.',
  couldNotStarted: '{command} could not be started: {reason}.',
  doesNotSayWhichFile: '{location} does not say from which file study "{name}" was started: name it with --study-file.',
  ended: '{name} was ended by {signal}.',
  endedExitCode: '{name} ended with exit code {code}: {told}',
  endedExitCodeWord: '{name} ended with exit code {code}.',
  endedWithoutMakingOptunaStudy: '{name} ended without making an Optuna study: nothing was tuned.',
  exceptionAt: '{reason} at {place}',
  inCell: '{name}, cell {cell}, line {line}',
  killedSigkillIfNobodyDid: '{name} was killed (SIGKILL): if nobody did, the system ran out of memory.',
  lastValueNanWhichCant: "The last value of {nan} was NaN, which can't be compared with other trials.",
  noOptunaInstallMPip:
    '{executable} has no Optuna: install it with `"{executable2}" -m pip install optuna`, or choose another interpreter.',
  noPythonFoundInstallPython: 'No Python was found: install Python 3.8 or newer, or choose an interpreter.',
  noQuotingInCmd: 'cmd.exe has no quoting for its value',
  noQuotingThere: 'there is no quoting for where it stands in the command',
  noStudyNamedCorrectName:
    '{location} has no study named "{name}": correct the name, or name the study file with --study-file to begin it.',
  notParameterStudyUseOne:
    '{place} is not a parameter of this study: use one of {known}, or write {literal} for the text itself.',
  onlyTrialFailed: 'The only trial failed. {reason}',
  onlyTrialFailedTitle: 'The only trial failed.',
  placed: '{place}: {reason}',
  programCouldNotStarted: 'The program "{program}" could not be started: {reason}.',
  programEnded: 'The program was ended by {signal}: {last}',
  programEndedExitCode: 'The program ended with exit code {code}: {last}',
  programEndedExitCodePrinted: 'The program ended with exit code {code} and printed nothing.',
  programEndedPrintedNothing: 'The program was ended by {signal} and printed nothing.',
  programKilledBecauseNeededMore:
    'The program was killed because it needed more memory than there was for it: raise `mem` under `executor`.',
  programKilledBecauseNeededMoreMemory:
    'The program was killed because it needed more memory than there was for it: let it take less, run fewer trials at a time, or give it more.',
  programMayNotExecutedMake:
    'The program "{program}" may not be executed: make it executable, or name its interpreter first.',
  programNeverReportedOnlyCorrect:
    'The program never reported {names}, only {seen}: correct "metric" in the study file or what the program prints.',
  programNotFoundCheckCommand: 'The program "{program}" was not found: check the command.',
  programNotFoundInstallPython: 'The program "{program}" was not found: install Python or name it with --python.',
  programPrintedNoMetricLet: 'The program printed no metric: let it print a line like {metric}=0.5.',
  programPrintedNothingLetPrint: 'The program printed nothing: let it print a line like {metric}=0.5.',
  programTookLongerThanS: 'The program took longer than the {seconds} s that the study file allows a trial.',
  prunerSchedulerBothDecideHow:
    'The pruner {pruner} and the scheduler both decide how far a trial goes: remove one of them.',
  pythonChoosePython38: '{executable} is Python {version}: choose Python 3.8 or newer.',
  pythonInterpreterCouldNotStarted: 'The Python interpreter "{named}" could not be started: choose another one.',
  runsOptunaScriptWhichAsks:
    "{source} runs an Optuna script, which asks for its trials itself: start the script on each machine, with the study's storage.",
  schedulerComparesTrialsOneValue:
    'A scheduler compares trials by one value: name one metric and one direction, or remove `scheduler`.',
  scriptAskedSomethingTunerDoes: 'The script asked something that this tuner does not know.',
  scriptCameEndButNot:
    'The script came to its end, but not all of its trials could be recorded ({unrecorded}): mend that and resume the study.',
  scriptFailed: '{name} failed: {reason}',
  scriptNotMadeStudyYet: 'The script has not made its study yet: try again later.',
  scriptOwnsOptunaStudyCant: "A script that owns its Optuna study can't be {what}.",
  scriptStoppedBeforeStarted: 'The script was stopped before it was started.',
  storagesPasswordCameWorkerWithout:
    "The storage's password came to this worker without its key: stop the study and start it again.",
  studyMadeStudyFileSays:
    'Study "{name}" in {location} was made to {directions}, the study file says {directions2}: correct the direction, or give the study a new name.',
  studyMeasuresStudyFileCorrect:
    'Study "{name}" in {location} measures {metrics}, the study file {metrics2}: correct the metric, or give the study another name.',
  studyRunningAlreadyProcessWatch:
    'Study "{studyName}" is running already (process {ownerPid}): watch it with "tuneboard status", or stop it first.',
  studyStartedWhichNotMachine:
    'Study "{name}" was started from {source}, which is not on this machine: name the study file with --study-file.',
  studyStoppedWhileTrialRan: 'The study was stopped while this trial ran.',
  syntaxErrorAt: 'Syntax error at {place}: {reason}.',
  thereNoCorrectStorageName:
    'There is no {path}: correct --storage, or name the study file with --study-file to begin the study.',
  thereNoFile: 'There is no file {script}.',
  trainerEndedOnce: 'The trainer ended at once.',
  trialEndedHand: 'The trial was ended by hand.',
  trialLeftNoCheckpointStep:
    'Trial {number} left no checkpoint at step {done}, and {name} copies checkpoints: let the program save its state in the folder TUNEBOARD_CHECKPOINT, and load it from there when it starts.',
  trialNotRunningHere: 'Trial {number} is not running here.',
  workerNeedsStudyFileStorage: 'A worker needs --study-file, or --storage and --study: name them.',
  workingFolderDoesNotExist: 'The working folder {cwd} does not exist: correct `cwd` in the study file.',
  zeroCharacter: 'its value has a zero character, which no argument can have',
  orderMode: 'The mode of a stop is "afterCurrent" or "now".',
  orderParameters: 'Parameters must be an object.',
  orderUnknownParameter: '"{name}" is not a parameter of this study: it has {known}.',
  orderChoices: '{name} cannot be {value}: its choices are {choices}.',
  orderNumber: '{name} cannot be {value}: it is a number from {low} to {high}.',
  orderWhole: '{name} cannot be {value}: it is a whole number from {low} to {high}.',
  orderSteps: '{name} cannot be {value}: it goes from {low} to {high} in steps of {step}.',
  orderTrial: 'The number of a trial is a whole number from 0 on.',
  orderTrials: 'A number of trials is a whole number.',
  orderBudget: 'A budget must be a positive number.',
  orderParallel: 'The number of parallel trials must be a whole number from 1 to {most}.',
  notSent: '{host}: {reason} Certificates and keys are not sent: put it on every node, under the same path.',
  studyStopping: 'The study is stopping.',
} as const;

export const tunerMessage = messagesOf('tuner', TUNER);
