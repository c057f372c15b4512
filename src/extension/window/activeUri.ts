import { type Uri, window } from 'vscode';

/** The document that a person looks at: a notebook before one of its cells. */
export function activeUri(): Uri | undefined {
  return window.activeNotebookEditor?.notebook.uri ?? window.activeTextEditor?.document.uri;
}
