import {
  type NotebookDocument,
  type Tab,
  type TabGroup,
  TabInputNotebook,
  TabInputText,
  TabInputWebview,
  type TextDocument,
  type TextDocumentShowOptions,
  type TextEditor,
  type Uri,
  ViewColumn,
  window,
} from 'vscode';
import { HISTORY_PANEL } from './ids.ts';

/** Opens a document where it is open already, else in the active group, but never over a History panel. */
export async function showDocument(document: TextDocument, options: TextDocumentShowOptions = {}): Promise<TextEditor> {
  return window.showTextDocument(document, { ...options, viewColumn: columnFor(document.uri) });
}

export async function showNotebook(notebook: NotebookDocument): Promise<void> {
  await window.showNotebookDocument(notebook, { viewColumn: columnFor(notebook.uri) });
}

function columnFor(uri: Uri): ViewColumn {
  const { all, activeTabGroup } = window.tabGroups;
  const holds = ({ input }: Tab) =>
    (input instanceof TabInputText || input instanceof TabInputNotebook) && input.uri.toString() === uri.toString();
  // The active group first: the same file may be open in several.
  const owner = [activeTabGroup, ...all].find(({ tabs }) => tabs.some(holds));
  if (owner) return owner.viewColumn;
  if (!showsPanel(activeTabGroup)) return ViewColumn.Active;
  return all.find((group) => !showsPanel(group))?.viewColumn ?? ViewColumn.Beside;
}

function showsPanel({ activeTab }: TabGroup): boolean {
  const input = activeTab?.input;
  // VS Code puts a prefix of its own in front.
  return input instanceof TabInputWebview && input.viewType.endsWith(HISTORY_PANEL);
}
