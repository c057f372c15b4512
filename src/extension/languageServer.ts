import {
  env,
  type LogOutputChannel,
  Range,
  type TextDocument,
  type TextDocumentChangeEvent,
  Uri,
  workspace,
} from 'vscode';
import type { LanguageClient, LanguageClientOptions, ServerOptions, TransportKind } from 'vscode-languageclient/node';
import { TuneboardError } from '../core/errors.ts';
import {
  BEST_PARAMS_EDITS,
  type BestParamsEdits,
  type BestParamsEditsParams,
  DRAFT_STUDY_FILE,
  type DraftStudyFile,
  type DraftStudyFileParams,
  INSERT_CHOICES,
  type InsertChoice,
  type InsertChoicesParams,
  STUDY_FILES,
  STUDY_LINKS,
  type StudyFiles,
  type StudyLink,
  type StudyLinks,
  TUNE_CANDIDATES,
  TUNE_EDITS,
  type TuneCandidate,
  type TuneCandidatesParams,
  type TuneEdits,
  type TuneEditsParams,
} from '../protocol/editor.ts';
import { FIND_LAUNCHES, type FindLaunchesParams, type Launch } from '../protocol/launch.ts';
import { studyLinks } from './studies/studyLinks.ts';
import type { StudyRegistry } from './studies/studyRegistry.ts';
import { offerNumbers } from './tuning/numberActions.ts';
import { Coalescer } from './window/coalescer.ts';
import { Disposable } from './window/disposable.ts';
import { Setting } from './window/ids.ts';
import { isRelevant, LANGUAGES } from './window/relevance.ts';
import { t } from './window/words.ts';

/**
 * How often lenses follow the trials. VS Code asks for lenses again only once it has heard of no change for a quarter of a
 * second or more, and then waits as long once more: at a faster pace a busy study's lens would stand still. That a run
 * began, ended or stands otherwise than before is told at once.
 */
const LINKS_MS = 1000;
/** What is looked at to decide whether a document gives it something to do. */
const FIRST_LINES = new Range(0, 0, 2000, 0);
/** Time that a server has to answer before a person hears that it does not. */
const ANSWER_MS = 15_000;

/** The language server, started with the first document that has to do with tuning, and what is asked of it. */
export class LanguageServer extends Disposable {
  readonly #registry: StudyRegistry;
  readonly #module: string;
  readonly #log: LogOutputChannel;
  readonly #links = this.register(new Coalescer(LINKS_MS, () => this.#sendLinks()));
  #client: LanguageClient | undefined;
  #started: Promise<LanguageClient> | undefined;
  #sent = '';
  #isRunning = false;
  #studyFiles: readonly string[] = [];

  constructor(registry: StudyRegistry, extensionUri: Uri, log: LogOutputChannel) {
    super();
    this.#registry = registry;
    this.#module = Uri.joinPath(extensionUri, 'dist', 'server.cjs').fsPath;
    this.#log = log;
    this.register(workspace.onDidOpenTextDocument((document) => this.#startFor(document)));
    this.register(workspace.onDidChangeTextDocument((event) => this.#startForChange(event)));
    this.register(
      offerNumbers(
        () => this.#isRunning,
        () => void this.#start().catch((error: unknown) => this.#log.error(String(error))),
      ),
    );
    this.register(registry.onDidChange(({ runs }) => this.#registryChanged(runs)));
    this.register(workspace.onDidGrantWorkspaceTrust(() => this.#links.request(true)));
    this.register({ dispose: () => void this.#client?.dispose().catch(() => undefined) });
  }

  /** Starts with a document that is open already; called after activation, since it reads documents. */
  startForOpen(): void {
    for (const document of workspace.textDocuments) this.#startFor(document);
  }

  bestParamsEdits(params: BestParamsEditsParams): Promise<BestParamsEdits> {
    return this.#ask(BEST_PARAMS_EDITS, params);
  }

  insertChoices(params: InsertChoicesParams): Promise<InsertChoice[]> {
    return this.#ask(INSERT_CHOICES, params);
  }

  draftStudyFile(params: DraftStudyFileParams): Promise<DraftStudyFile> {
    return this.#ask(DRAFT_STUDY_FILE, params);
  }

  findLaunches(params: FindLaunchesParams): Promise<Launch[]> {
    return this.#ask(FIND_LAUNCHES, params);
  }

  tuneCandidates(params: TuneCandidatesParams): Promise<TuneCandidate[]> {
    return this.#ask(TUNE_CANDIDATES, params);
  }

  tuneEdits(params: TuneEditsParams): Promise<TuneEdits> {
    return this.#ask(TUNE_EDITS, params);
  }

  /** The study files of the folders: with one of them the workspace has studies, also before the first has run. */
  studyFilesChanged(uris: readonly Uri[]): void {
    this.#studyFiles = uris.map(String);
    if (this.#isRunning) this.#sendStudyFiles();
    else this.startForOpen();
  }

  #sendStudyFiles(): void {
    const params: StudyFiles = { uris: this.#studyFiles };
    this.#client?.sendNotification(STUDY_FILES, params).catch((error: unknown) => this.#log.error(String(error)));
  }

  #startFor(document: TextDocument): void {
    if (this.#started || !LANGUAGES.has(document.languageId)) return;
    if (isRelevant(document.languageId, document.uri.path, document.getText(FIRST_LINES), this.#hasStudies)) {
      this.#start().catch((error: unknown) => this.#log.error(String(error)));
    }
  }

  get #hasStudies(): boolean {
    return this.#registry.studies.length > 0 || this.#studyFiles.length > 0;
  }

  /** During typing only the changed lines are looked at. */
  #startForChange({ document, contentChanges }: TextDocumentChangeEvent): void {
    if (this.#started || !LANGUAGES.has(document.languageId)) return;
    const lines = contentChanges.map(({ range, text }) => `${document.lineAt(range.start.line).text}\n${text}`);
    if (isRelevant(document.languageId, document.uri.path, lines.join('\n'), false)) this.#startFor(document);
  }

  #registryChanged(isUrgent: boolean): void {
    if (this.#client) this.#links.request(isUrgent);
    else if (this.#registry.studies.length > 0) this.startForOpen();
  }

  async #ask<P, R>(method: string, params: P): Promise<R> {
    const client = await this.#start();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      const sentence = t('languageServerDoesNot');
      timer = setTimeout(() => reject(new TuneboardError('server-silent', sentence)), ANSWER_MS);
    });
    try {
      return await Promise.race([client.sendRequest<R>(method, params), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #start(): Promise<LanguageClient> {
    this.#started ??= this.#launch().catch((error: unknown) => {
      this.#started = undefined;
      throw error;
    });
    return this.#started;
  }

  async #launch(): Promise<LanguageClient> {
    const began = performance.now();
    // The client library takes longer to load than all the rest of activation, so it waits for its first document.
    const { LanguageClient, State, TransportKind } = await import('vscode-languageclient/node');
    const server = this.#serverOptions(TransportKind.ipc);
    const client = new LanguageClient('tuneboard', 'Tuneboard', server, this.#clientOptions());
    this.#client = client;
    client.onDidChangeState(({ newState }) => {
      this.#isRunning = newState === State.Running;
      if (!this.#isRunning) return;
      // A server that was started again after a crash knows no studies.
      this.#sent = '';
      this.#sendStudyFiles();
      this.#links.request();
    });
    await client.start();
    this.#log.info(`Language server ready after ${Math.round(performance.now() - began)} ms`);
    return client;
  }

  #serverOptions(transport: TransportKind): ServerOptions {
    // What an edit leaves behind is collected soon, rather than kept for lack of need: two thirds of the memory.
    const execArgv = ['--max-semi-space-size=4', '--optimize-for-size'];
    const run = { module: this.#module, transport, options: { execArgv } };
    return { run, debug: { ...run, options: { execArgv: [...execArgv, '--nolazy', '--inspect=6019'] } } };
  }

  #clientOptions(): LanguageClientOptions {
    return {
      documentSelector: [...LANGUAGES].flatMap((language) =>
        ['file', 'untitled', 'vscode-notebook-cell', 'vscode-remote'].map((scheme) => ({ scheme, language })),
      ),
      outputChannel: this.#log,
      // The language in which the rest of the extension speaks: English where there is no translation.
      initializationOptions: { locale: env.language, isTrusted: workspace.isTrusted },
      synchronize: { configurationSection: 'tuneboard' },
      middleware: {
        provideCodeLenses: (document, token, next) => (this.#isOn(Setting.lensEnabled) ? next(document, token) : []),
        provideInlayHints: (document, range, token, next) =>
          this.#isOn(Setting.inlayHintsEnabled) ? next(document, range, token) : [],
        provideInlineCompletionItems: (document, position, context, token, next) =>
          this.#isOn(Setting.inlineSuggestionsEnabled) ? next(document, position, context, token) : [],
      },
    };
  }

  #isOn(setting: Setting): boolean {
    return workspace.getConfiguration().get(setting, true);
  }

  #sendLinks(): void {
    const client = this.#client;
    if (!client || !this.#isRunning) return;
    const links: StudyLink[] = studyLinks(this.#registry.studies, (path) => Uri.file(path).toString());
    const params: StudyLinks = { links, isTrusted: workspace.isTrusted };
    const text = JSON.stringify(params);
    if (text === this.#sent) return;
    this.#sent = text;
    client.sendNotification(STUDY_LINKS, params).catch((error: unknown) => this.#log.error(String(error)));
  }
}
