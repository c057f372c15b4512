import type { NotebookDocuments, TextDocuments } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { CodeFile } from '../language/insertion/sites.ts';
import { linksOf } from '../language/links.ts';
import { isNotebookCell, notebookUriOf } from '../language/notebooks.ts';
import { type Say, sayIn } from '../language/say.ts';
import { isStudyFile } from '../language/studyFileAnchors.ts';
import type { StudyLink } from '../protocol/editor.ts';
import { OpenDocuments } from './openDocuments.ts';
import { KnownStudyFiles } from './studyFiles.ts';

/** What one connection knows: the open documents, the studies that the extension told of, the language of the window. */
export class Session {
  readonly documents: TextDocuments<TextDocument>;
  readonly notebooks: NotebookDocuments<TextDocument>;
  readonly open = new OpenDocuments();
  readonly studyFiles = new KnownStudyFiles((uri) => this.documents.get(uri)?.getText());
  links: readonly StudyLink[] = [];
  /** Whether the workspace is trusted: else nothing is offered that runs. */
  isTrusted = true;
  /** Whether hovers tell what trials say. */
  showsNotes = true;
  /** As VS Code names it, e.g. `zh-cn`. */
  locale = 'en';
  say: Say = sayIn('en');
  /** What the client can do, from its `initialize`. */
  canRefreshLenses = false;
  canRefreshHints = false;

  constructor(documents: TextDocuments<TextDocument>, notebooks: NotebookDocuments<TextDocument>) {
    this.documents = documents;
    this.notebooks = notebooks;
  }

  /** The notebook of a cell; any other document is itself. */
  fileOf(uri: string): string {
    if (!isNotebookCell(uri)) return uri;
    return this.notebooks.findNotebookDocumentForCell(uri)?.uri ?? notebookUriOf(uri);
  }

  linksFor(uri: string): StudyLink[] {
    return linksOf(this.links, this.fileOf(uri));
  }

  /** The document as code; null for a study file, which has rules of its own, and for other languages. */
  codeFile(uri: string): { document: TextDocument; file: CodeFile } | null {
    const document = this.documents.get(uri);
    const file = document && !isStudyFile(uri) ? this.open.file(document) : null;
    return document && file ? { document, file } : null;
  }

  /** The other cells of a cell's notebook. */
  siblings(uri: string): CodeFile[] {
    if (!isNotebookCell(uri)) return [];
    const notebook = this.fileOf(uri);
    return this.documents
      .all()
      .filter((other) => other.uri !== uri && isNotebookCell(other.uri) && this.fileOf(other.uri) === notebook)
      .map((other) => this.open.file(other))
      .filter((file) => file !== null);
  }
}
