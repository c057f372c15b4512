import { statSync } from 'node:fs';
import { EventEmitter, type TextDocument, Uri, window, workspace } from 'vscode';
import { LARGEST_TEXT, tailOf } from '../storages/runOutput.ts';
import { Disposable } from './disposable.ts';
import { showDocument } from './showDocument.ts';
import { t } from './words.ts';

/** Of texts that are the end of a file. */
const TAIL = 'tuneboard-log';

/** Shows logs at their end and keeps a growing end in view, unless the person has scrolled away from it. */
export class LogFollower extends Disposable {
  /** Lines that a followed log had when it was last looked at. */
  readonly #lines = new Map<string, number>();

  readonly #tails = this.register(new EventEmitter<Uri>());

  constructor() {
    super();
    const provideTextDocumentContent = (uri: Uri) => {
      const { text, skipped } = tailOf(uri.fsPath);
      return `${t('firstMbLeftOut', { megabytes: Math.round(skipped / 1e6), path: uri.fsPath })}\n${text}`;
    };
    const provider = { provideTextDocumentContent, onDidChange: this.#tails.event };
    this.register(workspace.registerTextDocumentContentProvider(TAIL, provider));
    this.register(workspace.onDidChangeTextDocument(({ document }) => this.#follow(document)));
    this.register(workspace.onDidCloseTextDocument(({ uri }) => this.#lines.delete(uri.toString())));
  }

  async show(path: string): Promise<void> {
    const isLarge = statSync(path).size > LARGEST_TEXT;
    const uri = isLarge ? Uri.file(path).with({ scheme: TAIL }) : Uri.file(path);
    if (isLarge) this.#tails.fire(uri);
    const document = await workspace.openTextDocument(uri);
    const editor = await showDocument(document, { preview: true });
    editor.revealRange(document.lineAt(document.lineCount - 1).range);
    this.#lines.set(document.uri.toString(), document.lineCount);
  }

  #follow(document: TextDocument): void {
    const key = document.uri.toString();
    const before = this.#lines.get(key);
    if (before === undefined) return;
    this.#lines.set(key, document.lineCount);
    for (const editor of window.visibleTextEditors) {
      // The last line of a log is the empty one after its last line feed, which may be just out of sight.
      const isAtEnd = (editor.visibleRanges.at(-1)?.end.line ?? 0) >= before - 2;
      if (editor.document === document && isAtEnd) editor.revealRange(document.lineAt(document.lineCount - 1).range);
    }
  }
}
