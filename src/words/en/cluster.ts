import { messagesOf } from '../message.ts';

/** What is said about clusters and their workers. */
export const CLUSTER = {
  cannotReadWhichVerifyUnder: 'Cannot read {path}, which `verify` under `executor` names: {why}',
  clusterNotPrepared: 'The cluster was not prepared.',
  doesNotLetRead: '{place} does not let {path} be read.',
  keyNamesPassphraseWhichNot:
    'The key that {url} names has a passphrase, which is not handed on to workers: name a key without one, which only you may read.',
  loginNodeCannotReachedSsh:
    'The login node {login} cannot be reached with ssh: {reason}. This machine does not know its key, or knows another one: log in once by hand (ssh {login2}), and compare what you are shown.',
  loginNodeCannotReachedSshCorrect:
    'The login node {login} cannot be reached with ssh: {reason}. Correct `ssh` under `executor`, or your ssh configuration.',
  loginNodeCannotReachedSshLook:
    'The login node {login} cannot be reached with ssh: {reason}. Look whether it is up, and whether the way there is open.',
  loginNodeCannotReachedSshMust:
    'The login node {login} cannot be reached with ssh: {reason}. It must let you in without asking for a password: give it your key (ssh-copy-id {login2}).',
  machineNoInstallSlurmsCommands:
    "This machine has no {program}: install Slurm's commands there, or name a login node that has them with `ssh` under `executor`.",
  machineNoSshWhichLogin: 'This machine has no ssh, which the login node under `executor` is reached with: install it.',
  noInstallSlurmsCommandsThere:
    "{place} has no {program}: install Slurm's commands there, or name a login node that has them with `ssh` under `executor`.",
  noWhichStoragesUrlEnvironment:
    "{place} has no {missing}, which the storage's URL or environment names: certificates and keys are not sent, put them there, under a path that is the same here and on all nodes.",
  notWhereRayTakesJobs:
    '{given} is not where Ray takes jobs: write the address of its dashboard, such as http://head:8265, under `executor`.',
  packageLargerThanTakes: '{what}: the package is larger than it takes.',
  slurmDidNotAnswerWithin: 'Slurm on {place} did not answer within {timeoutMs} s: look whether the cluster is up.',
  slurmDidNotEndWorkers: 'Slurm did not end the workers: {why}.',
  slurmDidNotTakeWorkers: 'Slurm did not take the workers: {stderr}.',
  slurmDoesNotAnswer: 'Slurm on {place} does not answer: {stderr}.',
  studyEnded: 'The study has ended.',
  studyFileMustFolderSent:
    'The study file must be in the folder that is sent to Ray, {folder}: correct `working_dir` under `runtime_env`.',
  thereNoSendClusterRun: 'There is no {built} to send to the cluster: run "npm run build" first.',
  trialNotRunningCluster: 'Trial {number} is not running on the cluster.',
  wantsTokenAnotherOneSet:
    '{what}: it wants a token, or another one. Set RAY_AUTH_TOKEN, or RAY_AUTH_TOKEN_PATH to a file with it.',
  whatAnswersNotRayWrite:
    'What answers at {address} is not Ray: write the address of its dashboard, such as http://head:8265.',
  workingFolderCouldNotCopied: 'The working folder could not be copied to {target} on {place}: {stderr}.',
  workingFolderMbEvenWhen:
    'The working folder has {bytes} MB even when it is packed, and Ray takes {mostPackageBytes} MB: name what the workers do not need in .rayignore.',
  workingFolderTakesNameWhat:
    'The working folder {folder} has {total}, and {limitOf} takes {mostBytes}: name what the workers do not need in .gitignore, or put it where they reach it. The largest: {named}.',
  andMore: '{named} and {count} more',
  jobsNamed: 'jobs named {name}',
  workersAndJobs: '{named} and {jobs}',
  rayAt: 'Ray at {place}',
  slurmOn: 'Slurm on {place}',
  slurmHere: 'Slurm on this machine',
  leftWorkers:
    'Nothing is known of the end of these workers: {workers}. They are ended as soon as {where} can be reached, for a day from now; or by hand: {command}',
  workersFailed: '{count} workers failed one after another. {why}',
  workersLost: 'Workers were lost {count} times one after another, and no trial has finished meanwhile. {why}',
  rayIsLate: 'it does not answer',
  noConnection: 'no connection',
  rayUnreachable:
    "Ray's head node cannot be reached at {address} ({how}): start it, or correct `address` under `executor`.",
  rayUnknownAuthority:
    "Ray's head node at {address} has a certificate of an authority that is not known here: name the authority's file with `verify` under `executor`, or in the environment variable NODE_EXTRA_CA_CERTS.",
  rayOtherAuthority:
    "Ray's head node at {address} has a certificate of an authority that is not in {verify}, which `verify` under `executor` names: name the file of the authority that signed it.",
  rayOtherName:
    "Ray's head node at {address} has a certificate for another name: write a name that is in it in `address` under `executor`.",
  rayExpired:
    "Ray's head node at {address} has a certificate that is not valid today: have it renewed, or correct the clock of this machine.",
  rayPlain: "Ray's head node at {address} does not encrypt: write http:// in `address` under `executor`.",
  rayNotSent: 'The working folder could not be sent to Ray at {address}',
  rayRefused: 'Ray at {address} refused',
  rayTookNoWorker: 'Ray at {address} did not take a worker',
  rayTellsNoJobs: 'Ray at {address} does not tell of its jobs',
  rayDidNotStop: 'Ray at {address} did not stop {id}',
  rayHasNoLog: 'Ray at {address} has no log of {id}',
  rayAnswered: '{what} ({status}): {reason}',
} as const;

export const clusterMessage = messagesOf('cluster', CLUSTER);
