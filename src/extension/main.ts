import type { ExtensionContext } from 'vscode';
import { Tuneboard } from './tuneboard.ts';

export function activate(context: ExtensionContext): void {
  context.subscriptions.push(new Tuneboard(context));
}
