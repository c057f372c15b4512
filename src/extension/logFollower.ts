import { type TextDocument, Uri, window, workspace } from 'vscode';
import { Disposable } from './disposable.ts';
import { showDocument } from './showDocument.ts';

/** Shows logs at their end and keeps a growing end in view, unless the person has scrolled away from it. */
export class LogFollower extends Disposable {
  /** Lines that a followed log had when it was last looked at. */
  readonly #lines = new Map<string, number>();

  constructor() {
    super();
    this.register(workspace.onDidChangeTextDocument(({ document }) => this.#follow(document)));
    this.register(workspace.onDidCloseTextDocument(({ uri }) => this.#lines.delete(uri.toString())));
  }

  async show(path: string): Promise<void> {
    const document = await workspace.openTextDocument(Uri.file(path));
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
