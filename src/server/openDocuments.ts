import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { CodeFile } from '../language/insertion/sites.ts';
import { openCodeFile } from '../language/openCodeFile.ts';

/** What the server made of each open document, parsed once a version and only around what changed. */
export class OpenDocuments {
  readonly #files = new Map<string, { readonly version: number; readonly file: CodeFile | null }>();

  file(document: TextDocument): CodeFile | null {
    const known = this.#files.get(document.uri);
    if (known?.version === document.version) return known.file;
    const file = openCodeFile(document.languageId, document.getText(), known?.file ?? null, folderName(document.uri));
    this.#files.set(document.uri, { version: document.version, file });
    return file;
  }

  close(uri: string): void {
    this.#files.delete(uri);
  }
}

/** The name of the folder that a document is in, as its address spells it; undefined where there is none. */
function folderName(uri: string): string | undefined {
  return uri.split('/').at(-2) || undefined;
}
