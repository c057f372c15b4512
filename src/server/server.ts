import type { Connection, InitializeParams, InitializeResult } from 'vscode-languageserver/node';
import {
  CodeActionKind,
  CodeLensRefreshRequest,
  NotebookDocuments,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { draftStudyFile } from '../language/draft/draftStudyFile.ts';
import { messagesFor } from '../language/messages.ts';
import {
  BEST_PARAMS_EDITS,
  type BestParamsEditsParams,
  DRAFT_STUDY_FILE,
  type DraftStudyFileParams,
  STUDY_LINKS,
  type StudyLinks,
} from '../protocol/editor.ts';
import { codeActions } from './codeActions.ts';
import { diagnosticsOf } from './diagnostics.ts';
import { codeLenses, editsForBest, inlineCompletions } from './features.ts';
import { LensRefresher } from './lensRefresher.ts';
import { readerBeside } from './readBeside.ts';
import { Session } from './session.ts';
import { completions, hover } from './studyFileFeatures.ts';

/** Quiet time after the last keystroke before findings are worked out, in milliseconds. */
const DIAGNOSTICS_MS = 150;

/** Serves one client. The connection is listened on by the caller. */
export function startServer(connection: Connection): void {
  const documents = new TextDocuments(TextDocument);
  const notebooks = new NotebookDocuments(documents);
  const session = new Session(documents, notebooks);
  const lenses = new LensRefresher(() => refreshLenses(connection));
  connection.onInitialize((params) => initialize(session, params));
  connection.onNotification(STUDY_LINKS, ({ links, isTrusted = true }: StudyLinks) => {
    session.links = links;
    session.isTrusted = isTrusted;
    if (session.canRefreshLenses) lenses.changed();
  });
  connection.onRequest(BEST_PARAMS_EDITS, (params: BestParamsEditsParams) => editsForBest(session, params));
  connection.onRequest(DRAFT_STUDY_FILE, (params: DraftStudyFileParams) =>
    draftStudyFile(params, session.say, readerBeside(params.uri)),
  );
  connection.onCodeLens(({ textDocument }) => {
    lenses.answered();
    return codeLenses(session, textDocument.uri);
  });
  connection.languages.inlineCompletion.on(({ textDocument, position }) =>
    inlineCompletions(session, textDocument.uri, position),
  );
  connection.onCodeAction((params) => codeActions(session, params));
  connection.onCompletion(({ textDocument, position }) => completions(session, textDocument.uri, position));
  connection.onHover(({ textDocument, position }) => hover(session, textDocument.uri, position));
  publishFindings(connection, session);
  documents.listen(connection);
  notebooks.listen(connection);
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
  session.say = messagesFor(session.locale);
  const { workspace } = params.capabilities;
  session.canRefreshLenses = workspace?.codeLens?.refreshSupport === true;
  return {
    serverInfo: { name: 'Tuneboard' },
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
      notebookDocumentSync: { notebookSelector: [{ notebook: 'jupyter-notebook', cells: [{ language: 'python' }] }] },
      codeLensProvider: {},
      inlineCompletionProvider: true,
      codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.RefactorRewrite] },
      completionProvider: { triggerCharacters: [':', ' ', '{', '\n'] },
      hoverProvider: true,
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
    connection.sendDiagnostics({ uri, version: document.version, diagnostics }).catch(() => undefined);
  };
  session.documents.onDidChangeContent(({ document: { uri } }) => {
    clearTimeout(timers.get(uri));
    timers.set(
      uri,
      setTimeout(() => publish(uri), DIAGNOSTICS_MS),
    );
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
