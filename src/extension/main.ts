import { type ExtensionContext, env } from 'vscode';
import { Tuneboard } from './tuneboard.ts';
import { speak } from './window/words.ts';

// What commands.cjs takes from here.
export { isRemoteUrl, kindNamed, kindOf, serverUrl } from '../storage/kinds.ts';
export { expandEnvironment } from '../storage/sql/connect/serverUrl.ts';
export { coreMessage } from '../words/en/core.ts';
export { runsMessage } from '../words/en/runs.ts';
export { storageMessage } from '../words/en/storage.ts';
export { t } from './window/words.ts';

export async function activate(context: ExtensionContext): Promise<void> {
  await speak(env.language);
  context.subscriptions.push(new Tuneboard(context));
}
