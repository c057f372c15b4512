/**
 * The notebook that a cell's document belongs to, as a file URI; any other URI is itself. VS Code names a cell
 * `vscode-notebook-cell:/path/to/notebook.ipynb#W0sZmlsZQ`.
 */
export function notebookUriOf(uri: string): string {
  if (!uri.startsWith('vscode-notebook-cell:')) return uri;
  const path = (uri.slice('vscode-notebook-cell:'.length).split('#')[0] as string).replace(/^\/\/(?=\/)/, '');
  return path.startsWith('//') ? `file:${path}` : `file://${path}`;
}

export function isNotebookCell(uri: string): boolean {
  return uri.startsWith('vscode-notebook-cell:');
}
