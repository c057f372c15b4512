import { readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CodeActionKind,
  type CodeLens,
  CodeLensRefreshRequest,
  type Connection,
  type Hover,
  type InitializeParams,
  type InitializeResult,
  type InlineCompletionItem,
  MarkupKind,
  NotebookDocuments,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { plainLabel } from '../core/text/printable.ts';
import type { ReadBeside } from '../language/draft/arguments/hydraArguments.ts';
import { draftStudyFile } from '../language/draft/draftStudyFile.ts';
import { ghostTextAt } from '../language/insertion/ghostText.ts';
import { findLaunches, platformName } from '../language/launching/findLaunches.ts';
import { lensesFor } from '../language/lenses.ts';
import { isNotebookCell } from '../language/notebooks.ts';
import { sayIn } from '../language/say.ts';
import { isStudyDocument, isStudyFile, studyFileAnchors } from '../language/studyFileAnchors.ts';
import {
  BEST_PARAMS_EDITS,
  type BestParamsEditsParams,
  DRAFT_STUDY_FILE,
  type DraftStudyFileParams,
  INSERT_CHOICES,
  type InsertChoicesParams,
  STUDY_FILES,
  STUDY_LINKS,
  type StudyFiles,
  type StudyLinks,
  TUNE_CANDIDATES,
  TUNE_EDITS,
  type TuneCandidatesParams,
  type TuneEditsParams,
} from '../protocol/editor.ts';
import { FIND_LAUNCHES, type FindLaunchesParams, type Launch } from '../protocol/launch.ts';
import { readerInside } from '../runs/readInside.ts';
import { hoverStudyFile } from '../studyfile/editing/hover.ts';
import { editsForBest } from './bestEdits.ts';
import { codeActions } from './codeActions.ts';
import { completions } from './completions.ts';
import { diagnosticsOf, forgetFindings } from './diagnostics.ts';
import { insertChoices } from './insertChoices.ts';
import { noteHover, suggestHints } from './insight.ts';
import { parameterDefinitions } from './parameters/definitions.ts';
import { foldingOf, symbolsOf } from './parameters/outline.ts';
import { parameterAt, renameParameter } from './parameters/rename.ts';
import { NamedFiles, placeHints, placeHover } from './places.ts';
import { Session } from './session.ts';
import { candidates, inlayHints, tuneEdits } from './tuning.ts';

/**
 * How long an unanswered refresh is waited for, in milliseconds; each further time twice as long. VS Code forgets a refresh
 * when the editor loses the focus just then, and on a slow machine it answers only seconds later.
 */
const FIRST_WAIT_MS = 1500;

const LONGEST_WAIT_MS = 12_000;

/** After the last change there is one more refresh: of two editors one may have answered and the other forgotten. */
const QUIET_MS = 1500;

/**
 * Has lenses asked for again when the studies change. VS Code begins its waiting anew with every refresh, so that a busy
 * study's lens would stand still or never come: while a refresh is not answered there is no other one, and its answer has
 * what is newest then.
 */
export class LensRefresher {
  readonly #send: () => void;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  /** Whether something has changed since the refresh that is waited for. */
  #isStale = false;

  /** `send` asks the client to ask for lenses. */
  constructor(send: () => void) {
    this.#send = send;
  }

  /** What the lenses show has changed. */
  changed(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => !this.#waiting && this.#send(), QUIET_MS);
    this.#quiet.unref();
    if (this.#waiting) this.#isStale = true;
    else this.#ask(FIRST_WAIT_MS);
  }

  /** The client has asked for lenses. */
  answered(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
  }

  #ask(waitMs: number): void {
    this.#isStale = false;
    this.#send();
    this.#waiting = setTimeout(() => this.#unanswered(waitMs), waitMs);
    this.#waiting.unref();
  }

  /** Where no editor shows lenses nobody ever asks: in the end it is left at that, until there is a change. */
  #unanswered(waitedMs: number): void {
    this.#waiting = undefined;
    if (waitedMs * 2 <= LONGEST_WAIT_MS) this.#ask(waitedMs * 2);
    else if (this.#isStale) this.#ask(FIRST_WAIT_MS);
  }
}

/** What a person writes by hand is smaller. */
const MOST_BYTES = 1024 * 1024;

/** Quiet time after the last keystroke before findings are worked out, in milliseconds. */
const DIAGNOSTICS_MS = 150;

/** Serves one client. The connection is listened on by the caller. */
export function startServer(connection: Connection): void {
  const documents = new TextDocuments(TextDocument);
  const notebooks = new NotebookDocuments(documents);
  const session = new Session(documents, notebooks);
  const files = new NamedFiles(session);
  const lenses = new LensRefresher(() => refreshLenses(connection));
  connection.onInitialize((params) => initialize(session, params));
  connection.onNotification(STUDY_LINKS, ({ links, isTrusted = true }: StudyLinks) => {
    session.links = links;
    session.isTrusted = isTrusted;
    if (session.canRefreshLenses) lenses.changed();
    refreshHints(connection, session);
  });
  connection.onNotification(STUDY_FILES, ({ uris }: StudyFiles) => {
    session.studyFiles.set(uris);
    if (session.canRefreshLenses) lenses.changed();
    refreshHints(connection, session);
  });
  connection.onRequest(TUNE_CANDIDATES, (params: TuneCandidatesParams) => candidates(params));
  connection.onRequest(TUNE_EDITS, (params: TuneEditsParams) => tuneEdits(session, params));
  connection.onDidChangeConfiguration(({ settings }) => {
    session.showsNotes = settings?.tuneboard?.hover?.enabled !== false;
  });
  connection.languages.inlayHint.on((params) => {
    const document = session.documents.get(params.textDocument.uri);
    if (!document) return [];
    if (!isStudyFile(document.uri)) {
      const [from, to] = [document.offsetAt(params.range.start), document.offsetAt(params.range.end)];
      return [...inlayHints(session, params), ...suggestHints(session, document, from, to)];
    }
    return placeHints(files, document, document.offsetAt(params.range.start), document.offsetAt(params.range.end));
  });
  connection.onDefinition(({ textDocument, position }) => {
    const document = session.documents.get(textDocument.uri);
    return document ? parameterDefinitions(session, files, document, document.offsetAt(position)) : [];
  });
  connection.onPrepareRename(({ textDocument, position }) => {
    const named = parameterAt(session, textDocument.uri, position);
    return named && { range: named.range, placeholder: named.name };
  });
  connection.onRenameRequest(({ textDocument, position, newName }) =>
    renameParameter(session, textDocument.uri, position, newName.trim(), session.roots),
  );
  connection.onDocumentSymbol(({ textDocument }) => symbolsOf(session, textDocument.uri));
  connection.onFoldingRanges(({ textDocument }) => foldingOf(session, textDocument.uri));
  connection.onRequest(BEST_PARAMS_EDITS, (params: BestParamsEditsParams) => editsForBest(session, params));
  connection.onRequest(INSERT_CHOICES, (params: InsertChoicesParams) => insertChoices(session, params));
  connection.onRequest(DRAFT_STUDY_FILE, (params: DraftStudyFileParams) =>
    draftStudyFile(params, session.say, readerBeside(params.uri)),
  );
  connection.onRequest(FIND_LAUNCHES, (params: FindLaunchesParams) => launchesOf(params));
  connection.onCodeLens(({ textDocument }) => {
    lenses.answered();
    return codeLenses(session, textDocument.uri);
  });
  connection.languages.inlineCompletion.on(({ textDocument, position }) =>
    inlineCompletions(session, textDocument.uri, position),
  );
  connection.onCodeAction((params) => codeActions(session, params));
  connection.onCompletion(({ textDocument, position }) => completions(session, files, textDocument.uri, position));
  connection.onHover(({ textDocument, position }) => hover(session, files, textDocument.uri, position));
  connection.onInitialized(() => {
    if (!session.canTellFolders) return;
    connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
      const gone = new Set(removed.map(({ uri }) => uri));
      session.roots = [...session.roots.filter((uri) => !gone.has(uri)), ...added.map(({ uri }) => uri)];
    });
  });
  publishFindings(connection, session);
  documents.listen(connection);
  notebooks.listen(connection);
}

function refreshHints(connection: Connection, session: Session): void {
  // A window that is gone needs no answer.
  if (session.canRefreshHints) connection.languages.inlayHint.refresh().catch(() => undefined);
}

async function refreshLenses(connection: Connection): Promise<void> {
  try {
    await connection.sendRequest(CodeLensRefreshRequest.type);
  } catch {
    // The window is gone, and its lenses with it.
  }
}

function initialize(session: Session, params: InitializeParams): InitializeResult {
  const options = params.initializationOptions as { locale?: string; isTrusted?: boolean } | undefined;
  session.isTrusted = options?.isTrusted ?? true;
  session.locale = options?.locale ?? params.locale ?? 'en';
  session.say = sayIn(session.locale);
  const { workspace } = params.capabilities;
  session.roots = (params.workspaceFolders ?? []).map(({ uri }) => uri);
  session.canRefreshLenses = workspace?.codeLens?.refreshSupport === true;
  session.canTellFolders = workspace?.workspaceFolders === true;
  session.canRefreshHints = workspace?.inlayHint?.refreshSupport === true;
  return {
    serverInfo: { name: 'Tuneboard' },
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
      notebookDocumentSync: { notebookSelector: [{ notebook: 'jupyter-notebook', cells: [{ language: 'python' }] }] },
      codeLensProvider: {},
      inlineCompletionProvider: true,
      codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.RefactorRewrite] },
      completionProvider: { triggerCharacters: [':', ' ', '{', '\n', '#', '"', '-'] },
      hoverProvider: true,
      definitionProvider: true,
      renameProvider: { prepareProvider: true },
      documentSymbolProvider: { label: 'Tuneboard' },
      foldingRangeProvider: true,
      inlayHintProvider: true,
    },
  };
}

/** Findings follow a document with a short delay; a closed document has none. */
function publishFindings(connection: Connection, session: Session): void {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const publish = (uri: string): void => {
    timers.delete(uri);
    const document = session.documents.get(uri);
    if (!document) return;
    const diagnostics = diagnosticsOf(session, document);
    // What is typed there stands beside the code.
    if (isStudyFile(uri)) refreshHints(connection, session);
    connection.sendDiagnostics({ uri, version: document.version, diagnostics }).catch(() => undefined);
  };
  const publishSoon = (uri: string): void => {
    clearTimeout(timers.get(uri));
    timers.set(
      uri,
      setTimeout(() => publish(uri), DIAGNOSTICS_MS),
    );
  };
  session.documents.onDidChangeContent(({ document }) => publishSoon(document.uri));
  // A study file names values in files of code, as they are on the disk.
  session.documents.onDidSave(() => {
    for (const document of session.documents.all().filter(({ uri }) => isStudyFile(uri))) {
      forgetFindings(document);
      publishSoon(document.uri);
    }
  });
  connection.onShutdown(() => {
    for (const timer of timers.values()) clearTimeout(timer);
    timers.clear();
  });
  session.documents.onDidClose(({ document: { uri } }) => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
    session.open.close(uri);
    connection.sendDiagnostics({ uri, diagnostics: [] }).catch(() => undefined);
  });
}

/** Reads texts by their path relative to the folder of a document; null where there is none, or no file system. */
function readerBeside(uri: string): ReadBeside {
  if (!uri.startsWith('file:')) return () => null;
  const folder = dirname(fileURLToPath(uri));
  return (path) => {
    try {
      const place = join(folder, path);
      const found = statSync(place);
      return found.isFile() && found.size <= MOST_BYTES ? readFileSync(place, 'utf8') : null;
    } catch {
      return null;
    }
  };
}

/** Nothing outside the workspace folder is read, and nothing is run. */
function launchesOf({ uri, root }: FindLaunchesParams): Launch[] {
  if (!uri.startsWith('file:') || !root.startsWith('file:')) return [];
  const folder = fileURLToPath(root);
  const script = relative(folder, fileURLToPath(uri)).replaceAll('\\', '/');
  return findLaunches({
    script,
    root: folder.replaceAll('\\', '/'),
    read: readerInside(folder),
    platform: platformName(process.platform),
  });
}

interface Position {
  readonly line: number;
  readonly character: number;
}

function hover(session: Session, files: NamedFiles, uri: string, position: Position): Hover | null {
  const open = session.documents.get(uri);
  const note = open && session.showsNotes ? noteHover(session, open, open.offsetAt(position)) : null;
  if (note) return note;
  const document = isStudyFile(uri) ? open : undefined;
  if (!document) return null;
  const offset = document.offsetAt(position);
  const found = hoverStudyFile(document.getText(), offset, session.locale);
  const place = found ? undefined : placeHover(files, document, offset);
  if (place) return { contents: { kind: MarkupKind.Markdown, value: place.text } };
  if (!found) return null;
  return {
    contents: { kind: MarkupKind.Markdown, value: found.text },
    range: { start: document.positionAt(found.start), end: document.positionAt(found.end) },
  };
}

function codeLenses(session: Session, uri: string): CodeLens[] {
  const document = session.documents.get(uri);
  if (!document) return [];
  const isStudy = isStudyDocument(uri, document.languageId, document.getText());
  const anchors = isStudy ? studyFileAnchors(document.getText()) : (session.codeFile(uri)?.file.anchors ?? []);
  // The lens of a notebook's study stands in the cells that tune, not in every cell.
  if (isNotebookCell(uri) && anchors.length === 0) return [];
  // A study runs a notebook as a whole, and its parameters go into all of its cells.
  const file = session.fileOf(uri);
  const hasStudyFile = !isStudyFile(uri) && session.studyFiles.hasOneFor(file);
  return lensesFor(anchors, session.linksFor(uri), file, session.say, session.isTrusted, hasStudyFile).map((lens) => {
    const start = document.positionAt(lens.offset);
    return {
      range: { start, end: start },
      command: { title: lensTitle(lens.title), command: lens.command, arguments: [...lens.arguments] },
    };
  });
}

function inlineCompletions(
  session: Session,
  uri: string,
  position: { readonly line: number; readonly character: number },
): InlineCompletionItem[] {
  const links = session.linksNear(uri);
  const code = links.length > 0 ? session.codeFile(uri) : null;
  if (!code) return [];
  const ghost = ghostTextAt(code.file, links, code.document.offsetAt(position));
  if (!ghost) return [];
  const { document } = code;
  const range = { start: document.positionAt(ghost.start), end: document.positionAt(ghost.end) };
  return [{ insertText: ghost.text, range }];
}

/** A lens begins with an icon of ours; what it says after that may name a study. */
function lensTitle(title: string): string {
  const icon = /^\$\([\w~-]+\)\s/.exec(title)?.[0] ?? '';
  return icon + plainLabel(title.slice(icon.length));
}
