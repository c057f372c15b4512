import { type ExtensionContext, env } from 'vscode';
import { Tuneboard } from './tuneboard.ts';
import { speak } from './window/words.ts';

export async function activate(context: ExtensionContext): Promise<void> {
  await speak(env.language);
  context.subscriptions.push(new Tuneboard(context));
}
