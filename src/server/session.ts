import type { NotebookDocuments, TextDocuments } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { CodeFile } from '../language/insertion/sites.ts';
import { comparableUri, linksOf } from '../language/links.ts';
import { isNotebookCell, notebookUriOf } from '../language/notebooks.ts';
import { type Say, sayIn } from '../language/say.ts';
import { isStudyFile } from '../language/studyFileAnchors.ts';
import type { StudyLink } from '../protocol/editor.ts';
import { importedTargets, targetLanguage } from './insertTargets.ts';
import { OpenDocuments } from './openDocuments.ts';
import { KnownStudyFiles, pathOf, readText, stampOf } from './studyFiles.ts';

/** How often the files that a script imports are looked at for changes, in milliseconds, and how often for new ones. */
const IMPORTS_MS = 15_000;
const NEW_IMPORTS_MS = 300_000;
/** Scripts whose imports are followed during typing. */
const MOST_SOURCES = 50;

interface Imports {
  /** Addresses, as found and as compared. */
  readonly files: readonly string[];
  readonly uris: ReadonlySet<string>;
  readonly stamps: string;
  readonly found: number;
  checked: number;
}

/** What one connection knows: the open documents, the studies that the extension told of, the language of the window. */
export class Session {
  readonly documents: TextDocuments<TextDocument>;
  readonly notebooks: NotebookDocuments<TextDocument>;
  readonly open = new OpenDocuments();
  readonly studyFiles = new KnownStudyFiles((uri) => this.documents.get(uri)?.getText());
  #links: readonly StudyLink[] = [];
  /** The folders of the window; none where it has no folder. */
  roots: readonly string[] = [];
  /** What each source of a study leads to. */
  readonly #imports = new Map<string, Imports>();
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
  canTellFolders = false;

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

  /** The studies of a document, and of the scripts and notebooks that lead to it by imports or by a configuration's name. */
  linksNear(uri: string): StudyLink[] {
    const own = this.linksFor(uri);
    if (own.length > 0 || this.links.length === 0) return own;
    const wanted = comparableUri(this.fileOf(uri));
    const sources = [...new Set(this.links.flatMap((link) => (link.best ? link.sources : [])))].slice(0, MOST_SOURCES);
    const leading = new Set(sources.filter((source) => this.#leadsTo(source).has(wanted)));
    return this.links.filter((link) => link.best && link.sources.some((source) => leading.has(source)));
  }

  get links(): readonly StudyLink[] {
    return this.#links;
  }

  set links(links: readonly StudyLink[]) {
    this.#links = links;
    const sources = new Set(links.flatMap((link) => link.sources));
    for (const source of this.#imports.keys()) if (!sources.has(source)) this.#imports.delete(source);
  }

  #leadsTo(source: string): ReadonlySet<string> {
    const known = this.#imports.get(source);
    const now = performance.now();
    if (known && now - known.checked < IMPORTS_MS) return known.uris;
    // Reading fifty modules anew takes a keystroke's time, asking when they changed next to none.
    if (known && now - known.found < NEW_IMPORTS_MS && this.#stamps([source, ...known.files]) === known.stamps) {
      known.checked = now;
      return known.uris;
    }
    const text = this.documents.get(source)?.getText() ?? readText(pathOf(source));
    const languageId = targetLanguage(source);
    const found =
      text === null || languageId === null || isStudyFile(source)
        ? []
        : importedTargets({ uri: source, languageId, text }, (one) => this.documents.get(one)?.getText());
    const files = found.map(({ uri }) => uri);
    const uris = new Set(files.map(comparableUri));
    this.#imports.set(source, { found: now, checked: now, files, uris, stamps: this.#stamps([source, ...files]) });
    return uris;
  }

  /** Changes when one of the files does, in the editor or on the disk. */
  #stamps(uris: readonly string[]): string {
    return uris
      .map((uri) => {
        const open = this.documents.get(uri);
        const path = open ? null : pathOf(uri);
        return open ? `open ${open.version}` : path === null ? '' : stampOf(path);
      })
      .join('\n');
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
