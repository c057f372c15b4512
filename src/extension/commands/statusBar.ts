import { MarkdownString, StatusBarAlignment, ThemeColor, window } from 'vscode';
import { plainLabel } from '../../core/text/printable.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { studyLine } from '../studies/studyLine.ts';
import type { StudyRegistry } from '../studies/studyRegistry.ts';
import { studyTooltip } from '../tree/treeTooltip.ts';
import { Coalescer } from '../window/coalescer.ts';
import { Disposable } from '../window/disposable.ts';
import { Command } from '../window/ids.ts';
import { t } from '../window/words.ts';

const UPDATE_MS = 200;
const CLOCK_MS = 5000;

/** One study in the status bar: the newest that runs, else the newest that ended while this window was open. */
export class StatusBar extends Disposable {
  readonly #registry: StudyRegistry;
  readonly #item = this.register(window.createStatusBarItem('tuneboard.study', StatusBarAlignment.Left, 10));
  readonly #updates = this.register(new Coalescer(UPDATE_MS, () => this.#update()));
  readonly #seenLive = new Set<string>();
  #clock: ReturnType<typeof setInterval> | undefined;

  constructor(registry: StudyRegistry) {
    super();
    this.#registry = registry;
    this.#item.name = t('tuneboardStudy');
    this.register(registry.onDidChange(({ runs }) => this.#updates.request(runs)));
    this.register({ dispose: () => clearInterval(this.#clock) });
  }

  #update(): void {
    const study = this.#shown();
    if (!study) {
      this.#item.hide();
      return;
    }
    const line = studyLine(study, t, Date.now());
    // The reason of a failure is a sentence, too long for this place: the tooltip and the tree have it.
    const text = study.state === 'failed' ? `${study.name}: ${t('failed')}` : line;
    this.#item.text = `$(${iconOf(study)}) ${plainLabel(text)}`;
    this.#item.accessibilityInformation = { label: `${study.name}: ${line}` };
    this.#item.tooltip = tooltipOf(study);
    this.#item.command = { command: Command.showHistory, title: t('showHistory'), arguments: [study.id] };
    const isBroken = study.state === 'failed' || study.state === 'interrupted';
    this.#item.backgroundColor = isBroken ? new ThemeColor('statusBarItem.warningBackground') : undefined;
    this.#item.show();
    this.#keepClock(study.isLive);
  }

  #shown(): StudyEntry | undefined {
    const studies = this.#registry.studies.filter((study) => study.run);
    for (const study of studies) if (study.isLive) this.#seenLive.add(study.run?.folder.path ?? '');
    const seen = studies.filter((study) => this.#seenLive.has(study.run?.folder.path ?? ''));
    const byStart = (a: StudyEntry, b: StudyEntry) => (b.run?.record.startedAt ?? 0) - (a.run?.record.startedAt ?? 0);
    return seen.filter((study) => study.isLive).sort(byStart)[0] ?? seen.sort(byStart)[0];
  }

  /** The time left changes by itself. */
  #keepClock(isLive: boolean): void {
    if (isLive) this.#clock ??= setInterval(() => this.#updates.request(), CLOCK_MS);
    else {
      clearInterval(this.#clock);
      this.#clock = undefined;
    }
  }
}

function iconOf(study: StudyEntry): string {
  if (study.isLive) return study.state === 'paused' ? 'debug-pause' : 'beaker';
  if (study.state === 'finished') return 'check';
  return study.state === 'stopped' ? 'debug-stop' : 'warning';
}

function tooltipOf(study: StudyEntry): MarkdownString {
  const link = (title: string, command: string) =>
    `[${title}](command:${command}?${encodeURIComponent(JSON.stringify([study.id]))})`;
  const links = [link(t('history'), Command.showHistory), link(t('runLog'), Command.showRunLog)];
  if (study.isLive) links.push(link(t('stop'), Command.stopStudy));
  else if (!study.isExhausted) links.push(link(t('resume'), Command.resumeStudy));
  if (study.hasBest) links.push(link(t('insertBestParameters'), Command.insertBestParameters));
  const tooltip = new MarkdownString(`${studyTooltip(study, t, Date.now())}\n\n${links.join(' · ')}`, true);
  tooltip.isTrusted = {
    enabledCommands: [
      Command.showHistory,
      Command.showRunLog,
      Command.stopStudy,
      Command.resumeStudy,
      Command.insertBestParameters,
    ],
  };
  return tooltip;
}
