import { commands, type LogOutputChannel, Range, Uri, ViewColumn, window } from 'vscode';
import { isFinished } from '../../core/study/states.ts';
import type { MetricCurve, PanelText, ToPanel } from '../../protocol/panel.ts';
import { type RunFolder, trialOutputPath } from '../../runs/runFolder.ts';
import { canDebug } from '../failures/failureText.ts';
import { outputIn } from '../storages/runOutput.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { t } from '../window/words.ts';
import { type Artifact, artifactsOf, checkedPath, previewOf } from './artifacts.ts';
import { OutputCurves } from './outputCurves.ts';
import { panelDetail, tracebackOf } from './panelRows.ts';
import { TrialTexts } from './trialTexts.ts';

/** What a panel shows of the selected trial beyond its row: output, curves, traceback and artifacts. */
export class SelectedTrial {
  readonly #log: LogOutputChannel;
  readonly #post: (message: ToPanel) => void;
  /** As far as its output has been read. */
  #curves: OutputCurves | undefined;
  /** Of the detail that was sent last. */
  #texts: TrialTexts | undefined;
  #artifacts: readonly Artifact[] = [];

  constructor(log: LogOutputChannel, post: (message: ToPanel) => void) {
    this.#log = log;
    this.#post = post;
  }

  /** `isWanted` is asked after the output was read: another trial may have been selected, or the page be gone. */
  async send(study: StudyEntry, number: number, isWanted: () => boolean): Promise<void> {
    const { history } = study;
    if (!history || number >= history.length) return;
    const folder = study.run?.folder;
    const path = folder && this.#outputIn(folder, trialOutputPath(folder, number, study.name));
    const exists = path !== undefined;
    const curves = exists ? await this.#curvesOf(path, isFinished(history.state(number))) : [];
    const now = study.history;
    if (!isWanted() || !now) return;
    this.#texts = new TrialTexts(folder?.path);
    const left = tracebackOf(now, number);
    const traceback = left === '' ? null : this.#texts.text(left);
    const log = exists ? this.#logOf(path, this.#texts) : null;
    this.#artifacts = artifactsOf(study, now, number, t);
    const artifacts = this.#artifacts.map(({ path: _, within: __, ...shown }) => shown);
    const output = { exists, curves, canDebug: canDebug(study, number), log, traceback, artifacts };
    this.#post({ type: 'detail', detail: panelDetail(now, number, output, t) });
  }

  /** Only what the last detail named can be asked for, and the detail names nothing outside of the study's folder. */
  async showArtifact(number: number, name: string, opens: boolean): Promise<void> {
    const artifact = this.#artifacts.find((one) => one.name === name);
    if (!artifact || artifact.path === null) return;
    try {
      const path = checkedPath(artifact);
      if (opens && path !== null) await commands.executeCommand('vscode.open', Uri.file(path), ViewColumn.Beside);
      else this.#post({ type: 'artifact', number, name, preview: previewOf(artifact) });
    } catch (error) {
      this.#log.warn(`${artifact.path}: ${String(error)}`);
      if (!opens) this.#post({ type: 'artifact', number, name, preview: null });
    }
  }

  async openLink(link: number): Promise<void> {
    const place = this.#texts?.place(link);
    if (!place) return;
    const { uri, position } = place;
    // Beside the panel, which stays.
    const options = { selection: new Range(position, position), viewColumn: ViewColumn.Beside };
    await window.showTextDocument(uri, options).then(undefined, (error) => this.#log.warn(String(error)));
  }

  #logOf(path: string, texts: TrialTexts): PanelText | null {
    try {
      return texts.log(path);
    } catch (error) {
      this.#log.warn(`${path}: ${String(error)}`);
      return null;
    }
  }

  /** What is no regular file of the run folder is treated as missing; why is in the log. */
  #outputIn(folder: RunFolder, path: string): string | undefined {
    try {
      return outputIn(folder, path);
    } catch (error) {
      this.#log.warn(String(error));
      return undefined;
    }
  }

  /** An output that cannot be read has no curves; why is in the log. */
  async #curvesOf(path: string, isOver: boolean): Promise<readonly MetricCurve[]> {
    if (this.#curves?.path !== path) this.#curves = new OutputCurves(path);
    try {
      return await this.#curves.read(isOver);
    } catch (error) {
      this.#log.warn(`${path}: ${String(error)}`);
      return [];
    }
  }
}
