import { dirname } from 'node:path';
import {
  commands,
  DocumentLink,
  languages,
  Range,
  type TerminalLink,
  type TerminalLinkProvider,
  type Uri,
  window,
} from 'vscode';
import { framesIn } from '../../core/failures/tracebacks.ts';
import type { Choosing } from '../commands/collaborators.ts';
import { chooseTrial } from '../commands/studyChoice.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { Disposable } from '../window/disposable.ts';
import { Command } from '../window/ids.ts';
import { t } from '../window/words.ts';
import { raisingPlace } from './failureMarks.ts';
import { type Place, placeOf } from './places.ts';

/** Of a longer log only the end has links: it is where a failure is. */
const MOST_CHARACTERS = 1 << 20;
/** Each link asks the disk once. */
const MOST_LINKS = 2000;

interface PlaceLink extends TerminalLink {
  readonly place: Place;
}

/** Makes links of the places that logs of studies and terminals name. */
export class TracebackLinks extends Disposable {
  constructor() {
    super();
    const logs = [{ scheme: 'file', pattern: '**/.tuneboard/**/*.log' }, { scheme: 'tuneboard-log' }];
    this.register(
      languages.registerDocumentLinkProvider(logs, {
        provideDocumentLinks(document) {
          const text = document.getText();
          const from = Math.max(0, text.length - MOST_CHARACTERS);
          const folders = foldersOf(document.uri.fsPath);
          const known = new Map<string, Place | undefined>();
          return framesIn(text.slice(from))
            .slice(-MOST_LINKS)
            .flatMap((frame) => {
              const key = `${frame.file}:${frame.line}:${frame.column}`;
              if (!known.has(key)) known.set(key, placeOf(frame, folders));
              const place = known.get(key);
              if (!place) return [];
              const range = new Range(document.positionAt(from + frame.start), document.positionAt(from + frame.end));
              return [new DocumentLink(range, targetOf(place))];
            });
        },
      }),
    );
    const terminals: TerminalLinkProvider<PlaceLink> = {
      provideTerminalLinks({ line, terminal }) {
        const cwd = terminal.shellIntegration?.cwd?.fsPath;
        return framesIn(line).flatMap((frame) => {
          const place = placeOf(frame, cwd === undefined ? [] : [cwd]);
          if (!place) return [];
          return [{ startIndex: frame.start, length: frame.end - frame.start, tooltip: t('openPlace'), place }];
        });
      },
      handleTerminalLink: ({ place }) => void showPlace(place),
    };
    this.register(window.registerTerminalLinkProvider(terminals));
  }
}

async function showPlace({ uri, position }: Place): Promise<void> {
  await window.showTextDocument(uri, { selection: new Range(position, position) });
}

/** The folder of the study file, and those between it and the log. */
function foldersOf(log: string): string[] {
  const at = log.lastIndexOf('.tuneboard');
  return at < 0 ? [] : [dirname(log.slice(0, at + 1))];
}

function targetOf({ uri, position }: Place): Uri {
  return uri.with({ fragment: `L${position.line + 1},${position.character + 1}` });
}

/** Opens the line at which a trial failed, and where no line of the workspace is known its output. */
export async function showTraceback(parts: Choosing, arg: unknown): Promise<void> {
  const wish = { placeHolder: t('study'), none: t('noOutputHere'), fits: ({ run }: StudyEntry) => run !== null };
  const trial = await chooseTrial(parts, arg, wish);
  if (!trial) return;
  const place = raisingPlace(trial.study, trial.number);
  if (place) await showPlace(place);
  else await commands.executeCommand(Command.showTrialOutput, { studyId: trial.study.id, number: trial.number });
}
