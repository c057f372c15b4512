import { messagesOf } from '../message.ts';

/** What is said about run records, the control socket and run folders. */
export const RUNS = {
  exitCode: 'exit code {code}',
  fieldMissing: '"{field}" is missing',
  folder: 'a folder',
  isNot: 'it is not {must}',
  list: 'a list of at most {most} entries',
  moreThanWhichNotAll: '{root} has more than {most}, which are not all looked at: open a folder in it.',
  mustBe: '"{field}" must be {must}',
  noAnswer: 'no answer',
  noFolderControlSocketCould:
    'No folder for the control socket could be made in {bases}: set TMPDIR to a short path that you may write to.',
  noRegularFile: 'no regular file',
  notJson: 'it is not JSON',
  notRunRecordDeleteStart: '{file} is not a run record ({reason}): delete it and start the study again.',
  nothingCanWrittenCopyStudy: 'Nothing can be written to {parent}: copy the study and its code into a folder of yours.',
  number: 'a number from {least} to {most}',
  object: 'an object',
  oneOf: 'one of {words}',
  orderTakesNot: 'The order "{method}" takes {known}, and not {unknown}.',
  orderTakesObject: 'The order "{method}" takes an object.',
  secondName: 'a file that has a second name elsewhere',
  socketGone: 'its socket is gone',
  studyCannotLockedDeleteFiles:
    'The study cannot be locked: delete the files {files} if no tuner is running, and start it again.',
  symbolicLink: 'a symbolic link',
  symbolicLinkWhichNotFollowed: '{path} is a symbolic link, which is not followed: put the folder itself there.',
  text: 'a text of at most {longest} characters',
  tunerCantReachedSocketGone:
    'The tuner of "{studyName}" can\'t be reached (its socket is gone, or none of yours): start it again.',
  tunerCantReachedStartAgain: 'The tuner of "{studyName}" can\'t be reached ({reason}): start it again.',
  tunerCouldNotStarted: 'The tuner could not be started: {reason}.',
  tunerDoesNotAnswer: 'The tuner of "{studyName}" does not answer.',
  tunerEnded: 'The tuner has ended.',
  tunerEndedOnce: 'The tuner ended at once ({how}): {last}',
  tunerEndedOnceTitle: 'The tuner ended at once ({how}).',
  tunerRefusedToken: 'The tuner of "{studyName}" refused the token.',
  tunersRunRecordGone: "The tuner's run record {record} is gone.",
  whichNothingWrittenDeleteStart: '{path} is {what}, which nothing is written to: delete it and start the study again.',
  wholeNumber: 'a whole number from {least} to {most}',
  writtenNewerTuneboardUpdateOne: '{file} was written by a newer Tuneboard: update this one.',
} as const;

export const runsMessage = messagesOf('runs', RUNS);
