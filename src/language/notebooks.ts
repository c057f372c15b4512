/**
 * The notebook that a cell's document belongs to, as a file URI; any other URI is itself. VS Code names a cell
 * `vscode-notebook-cell:/path/to/notebook.ipynb#W0sZmlsZQ`, with the machine's name before the path in a remote window.
 */
export function notebookUriOf(uri: string): string {
  if (!isNotebookCell(uri)) return uri;
  const path = (uri.slice(SCHEME.length).split('#')[0] as string).replace(/^\/\/[^/]*(?=\/)/, '');
  return `file://${path}`;
}

const SCHEME = 'vscode-notebook-cell:';

export function isNotebookCell(uri: string): boolean {
  return uri.startsWith(SCHEME);
}
