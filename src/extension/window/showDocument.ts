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

/**
 * Opens a document beside the active one: where it is seen or open already, else in another group, never over a History
 * panel. Only where no other group is left does it make one.
 */
export async function showBeside(document: TextDocument, options: TextDocumentShowOptions = {}): Promise<TextEditor> {
  const { all, activeTabGroup } = window.tabGroups;
  const holds = holder(document.uri);
  const others = all.filter((group) => group !== activeTabGroup);
  const group =
    all.find(({ activeTab }) => activeTab && holds(activeTab)) ??
    others.find(({ tabs }) => tabs.some(holds)) ??
    others.findLast((other) => !showsPanel(other));
  return window.showTextDocument(document, { ...options, viewColumn: group?.viewColumn ?? ViewColumn.Beside });
}

function columnFor(uri: Uri): ViewColumn {
  const { all, activeTabGroup } = window.tabGroups;
  const holds = holder(uri);
  // The active group first: the same file may be open in several.
  const owner = [activeTabGroup, ...all].find(({ tabs }) => tabs.some(holds));
  if (owner) return owner.viewColumn;
  if (!showsPanel(activeTabGroup)) return ViewColumn.Active;
  return all.find((group) => !showsPanel(group))?.viewColumn ?? ViewColumn.Beside;
}

/** Whether a tab holds a file. */
function holder(uri: Uri): (tab: Tab) => boolean {
  return ({ input }) =>
    (input instanceof TabInputText || input instanceof TabInputNotebook) && input.uri.toString() === uri.toString();
}

function showsPanel({ activeTab }: TabGroup): boolean {
  const input = activeTab?.input;
  // VS Code puts a prefix of its own in front.
  return input instanceof TabInputWebview && input.viewType.endsWith(HISTORY_PANEL);
}
