import { createHash } from 'node:crypto';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import {
  CancellationTokenSource,
  env as editor,
  FileType,
  type Memento,
  StatusBarAlignment,
  type Terminal,
  type TerminalShellExecution,
  type TerminalShellExecutionEndEvent,
  type TerminalShellExecutionStartEvent,
  Uri,
  window,
  workspace,
} from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import { plainLabel } from '../../core/text/printable.ts';
import type { DraftStudyFile } from '../../protocol/editor.ts';
import type { TerminalCommand } from '../../protocol/launch.ts';
import type { MetricCandidate } from '../../protocol/runRecord.ts';
import { metricItems } from '../commands/chooseMetric.ts';
import type { Collaborators } from '../commands/collaborators.ts';
import { requireTrust, tunerEnvironment } from '../commands/launch.ts';
import { showDraft } from '../commands/startStudy.ts';
import { runTunerCommand } from '../commands/tunerCommand.ts';
import { Disposable } from '../window/disposable.ts';
import { Command } from '../window/ids.ts';
import type { Notices } from '../window/notices.ts';
import { pick } from '../window/plainWindow.ts';
import { t } from '../window/words.ts';

/** A quick test for lines that may run a script; `scriptIn` finds the script after the command has ended. */
const MAY_TRAIN = /\.(py|[cm]?[jt]sx?)\b|\s-m\s|\btorchrun\b/i;
const MAY_SET = /\b(activate|deactivate|export|set)\b|\$env:/i;
/** Characters of a command's output that are kept, from its end. */
const MOST_PRINTED = 1 << 20;
const HINTED = 'tuneboard.hintedCommands';
const MOST_HINTED = 500;
/** How long the hint stands, in milliseconds. */
const HINT_MS = 120_000;

type ShellState = Pick<TerminalCommand, 'env' | 'activated'>;

interface SeenCommand extends Omit<TerminalCommand, 'metric' | 'locale'> {
  readonly script: Uri;
}

/**
 * Follows the terminals of the window that have shell integration: keeps the last command that ran a script of the
 * workspace, with what it printed, and offers once for each command line to tune it. Nothing is written to the disk.
 */
export class TerminalCommands extends Disposable {
  readonly #state: Memento;
  readonly #notices: Notices;
  readonly #running = new Map<TerminalShellExecution, { readonly printed: Printed; readonly isRead: Promise<void> }>();
  readonly #shells = new Map<Terminal, ShellState>();
  readonly #hint = this.register(window.createStatusBarItem('tuneboard.terminal', StatusBarAlignment.Left, 9));
  #hides: ReturnType<typeof setTimeout> | undefined;
  #last: SeenCommand | undefined;

  constructor(state: Memento, notices: Notices) {
    super();
    this.#state = state;
    this.#notices = notices;
    this.#hint.name = t('tuneTerminalHint');
    this.#hint.command = Command.tuneLastTerminalCommand;
    this.register(window.onDidStartTerminalShellExecution((event) => this.#started(event)));
    this.register(
      window.onDidEndTerminalShellExecution((event) => {
        this.#ended(event).catch((error: unknown) => this.#notices.report(error));
      }),
    );
    this.register(window.onDidCloseTerminal((terminal) => this.#shells.delete(terminal)));
    this.register({ dispose: () => clearTimeout(this.#hides) });
  }

  get last(): SeenCommand | undefined {
    return this.#last;
  }

  #started({ execution }: TerminalShellExecutionStartEvent): void {
    const line = execution.commandLine.value;
    if (!workspace.isTrusted || !MAY_TRAIN.test(line)) return;
    this.#hint.hide();
    const printed = new Printed();
    const isRead = printed.follow(execution.read()).catch((error: unknown) => this.#notices.report(error));
    this.#running.set(execution, { printed, isRead });
  }

  async #ended({ terminal, execution, exitCode }: TerminalShellExecutionEndEvent): Promise<void> {
    const running = this.#running.get(execution);
    this.#running.delete(execution);
    const line = execution.commandLine.value;
    const folder = execution.cwd?.fsPath ?? terminal.shellIntegration?.cwd?.fsPath;
    if (!workspace.isTrusted || folder === undefined || !isAbsolute(folder)) return;
    const before = this.#shells.get(terminal) ?? { env: {}, activated: null };
    if (MAY_SET.test(line) && !exitCode) await this.#keepState(terminal, line, folder, before);
    if (!running) return;
    await running.isRead;
    const script = await scriptIn(line, folder);
    const root = script && workspace.getWorkspaceFolder(script)?.uri.fsPath;
    if (!script || root === undefined) return;
    this.#last = { line, folder, root, ...before, printed: running.printed.text, script };
    // A failed command gets no offer; a person who ends a long training by Ctrl+C (130) does.
    if (!exitCode || exitCode === 130) this.#offer(line, script);
  }

  async #keepState(terminal: Terminal, line: string, folder: string, before: ShellState): Promise<void> {
    const { shellState } = await import('../../studyfile/parseStudyFile.ts');
    const { env, activated, isLeft, folders } = shellState(line);
    const place = folders.reduce((at, next) => resolve(at, next), folder);
    const now =
      activated && 'venv' in activated
        ? { venv: resolve(place, activated.venv) }
        : (activated ?? (isLeft ? null : before.activated));
    this.#shells.set(terminal, { env: { ...before.env, ...env }, activated: now });
  }

  #offer(line: string, script: Uri): void {
    // The line itself may hold a secret.
    const mark = createHash('sha256').update(line).digest('base64url').slice(0, 16);
    const hinted = this.#state.get<string[]>(HINTED, []);
    if (hinted.includes(mark)) return;
    void this.#state.update(HINTED, [...hinted, mark].slice(-MOST_HINTED));
    this.#hint.text = `$(beaker) ${plainLabel(t('tuneTerminal', { script: basename(script.path) }))}`;
    this.#hint.tooltip = plainLabel(t('tuneTerminalTooltip', { line: line.slice(0, 200) }));
    this.#hint.show();
    clearTimeout(this.#hides);
    this.#hides = setTimeout(() => this.#hint.hide(), HINT_MS);
  }

  hideHint(): void {
    this.#hint.hide();
  }
}

/** The end of a command's output. */
class Printed {
  #pieces: string[] = [];
  #length = 0;

  get text(): string {
    return this.#pieces.join('').slice(-MOST_PRINTED);
  }

  async follow(output: AsyncIterable<string>): Promise<void> {
    for await (const piece of output) {
      this.#pieces.push(piece);
      this.#length += piece.length;
      if (this.#length <= 2 * MOST_PRINTED) continue;
      this.#pieces = [this.text];
      this.#length = MOST_PRINTED;
    }
  }
}

/** The script of the workspace that a line runs; of several the last. */
async function scriptIn(line: string, folder: string): Promise<Uri | undefined> {
  const { programLine, shellCommands } = await import('../../studyfile/parseStudyFile.ts');
  for (const { words, folders } of (shellCommands(line) ?? []).reverse()) {
    const program = programLine(words);
    if (!program) continue;
    const cwd = folders.reduce((at, next) => resolve(at, next), folder);
    const stem = program.module?.replaceAll('.', '/');
    const paths = stem === undefined ? [program.script ?? ''] : [`${stem}.py`, join(stem, '__main__.py')];
    for (const path of paths) {
      const uri = Uri.file(resolve(cwd, path));
      const isFile = await workspace.fs.stat(uri).then(
        ({ type }) => (type & FileType.File) !== 0,
        () => false,
      );
      if (isFile && workspace.getWorkspaceFolder(uri)) return uri;
    }
  }
  return undefined;
}

interface TerminalDraft extends DraftStudyFile {
  readonly candidates: readonly MetricCandidate[];
  readonly isClear: boolean;
}

/** *Tune Last Terminal Command*: a draft of that command line, with the metric that it printed. */
export async function tuneLastTerminalCommand(
  parts: Pick<Collaborators, 'context' | 'dist' | 'terminals'>,
): Promise<void> {
  requireTrust();
  const { last } = parts.terminals;
  if (!last)
    throw new TuneboardError('no-terminal-command', t(hasIntegration() ? 'noTerminalCommand' : 'noShellIntegration'));
  parts.terminals.hideHint();
  let draft = await draftOf(parts, last, null);
  const [top] = draft.candidates;
  if (!draft.isClear && top) {
    const items = draft.candidates.flatMap(metricItems);
    const later = { label: t('metricLater'), metric: null, direction: 'minimize' as const };
    const chosen = await pick([...items, later], {
      placeHolder: t('whichMetric', { name: basename(last.script.path) }),
    });
    if (!chosen) return;
    if (chosen.metric !== null)
      draft = await draftOf(parts, last, { name: chosen.metric, direction: chosen.direction });
  }
  if (draft.text === null || draft.why !== undefined)
    throw new TuneboardError(
      'nothing-to-start',
      draft.why ?? t('optunaInTerminal', { script: basename(last.script.path) }),
    );
  await showDraft(last.script, draft);
}

function hasIntegration(): boolean {
  return (
    window.terminals.length === 0 || window.terminals.some(({ shellIntegration }) => shellIntegration !== undefined)
  );
}

async function draftOf(
  parts: Pick<Collaborators, 'context' | 'dist'>,
  { script, ...seen }: SeenCommand,
  metric: TerminalCommand['metric'],
): Promise<TerminalDraft> {
  const command: TerminalCommand = { ...seen, metric, locale: editor.language };
  const found: TerminalDraft[] = [];
  await runTunerCommand(
    parts,
    {
      args: ['draft', script.fsPath, '--json', '--terminal'],
      cwd: dirname(script.fsPath),
      env: tunerEnvironment(parts),
      input: JSON.stringify(command),
      token: new CancellationTokenSource().token,
      onMessage: (message) => found.push(message as unknown as TerminalDraft),
    },
    'draft',
  );
  const [draft] = found;
  if (!draft) throw new TuneboardError('draft', t('noDetails'));
  return draft;
}
