/** One activation of the production bundle in a Node of its own, `vscode` replaced: prints milliseconds to load and to activate. */
import Module, { createRequire } from 'node:module';
import { join } from 'node:path';
import { repository } from '../support/cache.ts';

/** Stands for whatever of the API is asked for: it can be called, constructed, read and written. */
function anything(): unknown {
  const known = new Map<string | symbol, unknown>();
  return new Proxy(class {}, {
    get: (_target, key) => {
      if (key === 'then') return undefined;
      if (key === Symbol.toPrimitive) return () => '';
      if (!known.has(key)) known.set(key, anything());
      return known.get(key);
    },
    set: (_target, key, value) => known.set(key, value) !== undefined,
    apply: anything,
    construct: () => anything() as object,
  });
}

type Writable = Record<string, Record<string, unknown>>;

const vscode = anything() as Writable;
Object.assign(vscode['workspace'] ?? {}, { textDocuments: [], notebookDocuments: [], workspaceFolders: [] });
Object.assign(vscode['window'] ?? {}, { activeTextEditor: undefined, activeNotebookEditor: undefined });

const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
const load = loader._load;
loader._load = (request, ...rest) => (request === 'vscode' ? vscode : load(request, ...rest));

const context = { subscriptions: [], extensionUri: anything(), workspaceState: anything() };
const began = performance.now();
const extension = createRequire(import.meta.url)(join(repository, 'dist', 'extension.cjs')) as {
  activate(context: unknown): void;
};
const loaded = performance.now();
extension.activate(context);
const activated = performance.now();
console.log(JSON.stringify({ loadMs: loaded - began, activateMs: activated - loaded }));
process.exit(0);
