import { CLUSTER_SENTENCES } from './clusterSentences.ts';
import { PROXY_SENTENCES } from './proxySentences.ts';
import { REDIS_SENTENCES } from './redisSentences.ts';
import type { Translate } from './translate.ts';

/**
 * Sentences of the parts that know no editor (storage, tuner, a run record on the disk), which speak English, as they
 * reach a person through the extension. A test compares them with what those parts really say. The order matters where
 * one fits what another says more exactly.
 */
export const FOREIGN_SENTENCES: readonly string[] = [
  ...PROXY_SENTENCES,
  ...REDIS_SENTENCES,
  'Cannot open {0}: there is no such file.',
  'Cannot open {0}: permission denied.',
  '{0} is a folder. Open a file inside it.',
  '{0} is empty: no study was written to it yet.',
  '{0} is neither an Optuna database or journal nor the log of a study. Open one of these.',
  '{0} is a compressed file. Unpack it and open what is inside.',
  '{0} ends in the middle of its header. Copy the whole file again.',
  '{0} is not a SQLite database, or it is encrypted.',
  "{0} is a database, but not one of Optuna's. Open a database of studies.",
  '{0} was written by an Optuna newer than this version knows (schema {1}). Update Tuneboard.',
  '{0} has no table {1}: it is not all of an Optuna database. Copy it again.',
  'The study "{0}" in {1} was replaced while it was in use. Resume it to go on with what is there now.',
  '{0} is locked by another program. Try again when it has finished writing.',
  '{0} is damaged or cut off in the middle. Copy the whole file again.',
  '{0} is a service that cannot be opened. Open a journal, a SQLite file, a log, or a database by postgresql://, mysql://, redis:// or grpc://.',
  '{0} It is waited for, {1} s at most.',
  '{0} refused the user "{1}": check the user and the password.',
  '{0} wants a password: set TUNEBOARD_STORAGE_PASSWORD, or let Open Storage ask for it.',
  '{0} cannot be reached: there is no host {1}.',
  '{0} cannot be reached: no server listens there. Start it, or check the port.',
  '{0} cannot be reached: no {1} server answers there. Check host, port and firewall.',
  '{0} cannot be reached: {1}. Start it and resume.',
  '{0} has more than one @: write those of the user and the password as %40, or leave the password to TUNEBOARD_STORAGE_PASSWORD.',
  '{0} has no schema to make tables in: create the one that its search_path names, or correct search_path.',
  '{0} cannot be read: no {1} server listens there. Check the port, and what the URL begins with.',
  '{0} cannot be opened: the server has no database "{1}". Create it first.',
  '{0} does not let the user "{1}" do that: ask for the rights to read and write its tables.',
  '{0} can only be read: it is a standby or was set read-only. Name the server that takes writes.',
  '{0} has no server that takes writes now: {1}.',
  '{0} answers nobody, as it is cut off from most of its cluster: name another of its servers, or join them again.',
  '{0} cancels what it was asked: have {1} raised for the user "{2}".',
  '{0} takes no more than {1} bytes at a time: set its max_allowed_packet to 1 MB or more.',
  '{0} has no server that its target_session_attrs allow now: {1}.',
  "{0} has no studies: Optuna's tables (schema {1}) are not in it. Run a study there first, or name another database.",
  '{0} has no table {1}: it is not all of an Optuna database. Run a study there, which makes what is missing.',
  '{0} has no tables of Optuna yet, and the user "{1}" may not make any: ask for the right to create tables there.',
  '{0} is no URL of a database: write it as postgresql://user@host:5432/database, mysql://user@host:3306/database or redis://user@host:6379/0?prefix=name.',
  '{0} names no database: add /database at its end.',
  '{0} was written by an old Optuna (schema {1}). Run: optuna storage upgrade --storage {2}',
  'The storage is to take {0}, but there is no environment variable {1}: set it.',
  '{0} is not a run record ({1}): delete it and start the study again.',
  '{0} was written by a newer Tuneboard: update this one.',
  '{0} is a symbolic link, which is not followed: put the folder itself there.',
  '{0} leads out of {1} by a link, which is not followed: put the file itself there.',
  '{0} is {1} and is left alone: put a regular file there.',
  'a named pipe',
  'a device',
  'a socket',
  'a symbolic link',
  '{0} is larger than the {1} that are read of such a file.',
  '{0} was named by a run record and is on a server: open it yourself to load its trials.',
  '{0} has more than {1}, which are not all looked at: open a folder in it.',
  '{0} takes a part of it from the environment, and a run record may come from anybody: type it into Open Storage if you mean it.',
  '{0} cannot be read: its reader ended.',
  '{0} cannot be read: its reader was silent for {1} s.',
  '{0} cannot be read: it needs more than {1} MB of memory.',
  'Line {0} of {1} is damaged and was skipped.',
  'More lines of {0} are damaged and were skipped.',
  'The tuner of "{0}" does not answer.',
  'The tuner of "{0}" can\'t be reached ({1}): start it again.',
  'The tuner has ended.',
  'The tuner could not be started: {0}.',
  'The answer of "{0}" cannot be read: {1}',
  'No Python was found: install Python 3.8 or newer, or choose an interpreter.',
  '{0} is Python {1}: choose Python 3.8 or newer.',
  '{0} has no Optuna: install it with `{1}`, or choose another interpreter.',
  'TensorFlow from {0} does not work here: {1}',
  'this machine has no {0}, and TensorFlow needs {1}: without TensorFlow the trainer runs on WebAssembly.',
  'this machine has {0}, and {1} needs {2}: without TensorFlow the trainer runs on WebAssembly.',
  'The trial was ended by hand.',
  'The study was stopped while this trial ran.',
  "The last value of {0} was NaN, which can't be compared with other trials.",
  'The program printed nothing: let it print a line like {0}=0.5.',
  'The program printed no metric: let it print a line like {0}=0.5.',
  'The program never reported {0}, only {1}: correct "metric" in the study file or what the program prints.',
  '{0} ended without making an Optuna study: nothing was tuned.',
  '{0} has a syntax error at line {1}: {2}.',
  '{0} has a syntax error in cell {1}, line {2}: {3}.',
  '{0} was killed (SIGKILL): if nobody did, the system ran out of memory.',
  'Nothing can be written to {0}: copy the study and its code into a folder of yours.',
  'The first {0} trials all failed the same way, so the study was stopped. {1}',
  'The only trial failed. {0}',
  'The only trial failed.',
  'All {0} trials failed. {1}',
  'All {0} trials failed.',
  'The program took longer than the {0} s that the study file allows a trial.',
  'The working folder {0} does not exist: correct `cwd` in the study file.',
  'The program "{0}" was not found: install Python or name it with --python.',
  'The program "{0}" was not found: check the command.',
  'The program "{0}" may not be executed: make it executable, or name its interpreter first.',
  'The program "{0}" could not be started: {1}.',
  'The tuner died while this trial ran',
  'The tuner ended at once ({0}): {1}',
  'There is no file {0}.',
  'The program ended with exit code {0} and printed nothing.',
  'The program ended with exit code {0}: {1}',
  'The program was ended by {0} and printed nothing.',
  'The program was ended by {0}: {1}',
  '{0} was ended by {1}.',
  '{0} ended with exit code {1}.',
  '{0} ended with exit code {1}: {2}',
  '{0} is {1} and is left alone: put a regular file there.',
  '{0} is {1}, which nothing is written to: delete it and start the study again.',
  'a symbolic link',
  'a named pipe',
  'a socket',
  'a device',
  'a folder',
  'a file that has a second name elsewhere',
  'no regular file',
  '{0} is a symbolic link, which is not followed: put the folder itself there.',
  '{0} leads out of {1} by a link, which is not followed: put the file itself there.',
  '{0} is larger than {1}, the most that is read of such a file: put a smaller one there.',
  '{0} is larger than {1}, the most that is loaded unasked: open it yourself to load its trials.',
  'Line {0} of {1} is longer than {2}: open the file yourself to load its trials.',
  '{0} was named by a run record and is on a server: open it yourself to load its trials.',
  '{0} is not a run record ({1}): delete it and start the study again.',
  '{0} was written by a newer Tuneboard: update this one.',
  'it is not JSON',
  'it is not an object',
  '"{0}" is missing',
  '"{0}" must be {1}',
  'a text of at most {0} characters',
  'a number from {0} to {1}',
  'a whole number from {0} to {1}',
  'one of {0}',
  'a list of at most {0} entries',
  'an object',
  'The study cannot be locked: delete the files {0} if no tuner is running, and start it again.',
  '{0} has more than {1}, which are not all looked at: open a folder in it.',
  '{0} runs',
  '{0} files and folders',
  ...CLUSTER_SENTENCES,
];

interface Form {
  readonly english: string;
  readonly pattern: RegExp;
}

/** In characters. No part writes a longer sentence, and a stranger's run record may: matching takes more than linear time. */
const LONGEST_SENTENCE = 3000;

let forms: readonly Form[] | undefined;

/** A sentence from another part in the person's language, its names kept; one that is not known stays as it is. */
export function inLanguage(sentence: string, t: Translate): string {
  if (sentence.length > LONGEST_SENTENCE) return sentence;
  forms ??= FOREIGN_SENTENCES.map((english) => ({ english, pattern: patternOf(english) }));
  for (const { english, pattern } of forms) {
    const match = pattern.exec(sentence);
    // A part may be a sentence itself.
    if (match) return t(english, ...match.slice(1).map((part) => inLanguage(part, t)));
  }
  return sentence;
}

function patternOf(english: string): RegExp {
  const escaped = english.replace(/[\\^$.*+?()[\]|]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\{\d\}/g, '(.+?)')}$`, 's');
}
