/**
 * The window's messages, lists and short status texts: the extension's only way to them. VS Code makes links, also to
 * commands, and icons of what stands in them, and they name studies and files that nobody vouches for.
 */
import { type MessageOptions, type QuickPickItem, type QuickPickOptions, window } from 'vscode';
import { plainLabel } from '../../core/text/printable.ts';

export async function showError(sentence: string, ...actions: string[]): Promise<string | undefined> {
  return window.showErrorMessage(plainLabel(sentence), ...actions);
}

export async function showInformation(
  sentence: string,
  first?: MessageOptions | string,
  ...others: string[]
): Promise<string | undefined> {
  const actions = typeof first === 'string' ? [first, ...others] : others;
  const options = typeof first === 'object' ? first : {};
  return window.showInformationMessage(plainLabel(sentence), options, ...actions);
}

export async function showWarning(
  sentence: string,
  options: MessageOptions,
  ...actions: string[]
): Promise<string | undefined> {
  return window.showWarningMessage(plainLabel(sentence), options, ...actions);
}

export function showBriefly(sentence: string, ms: number): void {
  window.setStatusBarMessage(plainLabel(sentence), ms);
}

/** The item that a person chooses from a list. */
export async function pick<T extends QuickPickItem>(
  items: readonly T[],
  options: QuickPickOptions,
): Promise<T | undefined> {
  return (await window.showQuickPick(plain(items), options))?.item;
}

/** The items that a person ticks in a list; undefined where they leave it. */
export async function pickSeveral<T extends QuickPickItem>(
  items: readonly T[],
  options: QuickPickOptions,
): Promise<T[] | undefined> {
  const chosen = await window.showQuickPick(plain(items), { ...options, canPickMany: true });
  return chosen?.map(({ item }) => item);
}

function plain<T extends QuickPickItem>(items: readonly T[]) {
  return items.map((item) => ({
    ...item,
    item,
    label: plainLabel(item.label),
    ...(item.description !== undefined && { description: plainLabel(item.description) }),
    ...(item.detail !== undefined && { detail: plainLabel(item.detail) }),
  }));
}
