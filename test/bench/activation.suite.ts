/** Runs inside the extension host (see activation.ts): how long `activate` takes, module loading included. */
import * as vscode from 'vscode';

export async function run(): Promise<void> {
  const extension = vscode.extensions.getExtension('tuneboard.tuneboard');
  if (!extension) throw new Error('The extension is not installed.');
  if (extension.isActive) throw new Error('It is active already: an empty folder must not activate it.');
  const before = performance.now();
  await extension.activate();
  console.log(`activation-ms=${(performance.now() - before).toFixed(1)}`);
}
