/** Entry of the History panel: connects the app to VS Code. The page itself is written by the extension. */
import type { ToPanel } from '../src/protocol/panel.ts';
import { App, type PanelHost } from './app.ts';
import { createTranslate } from './ui/strings.ts';

declare function acquireVsCodeApi(): PanelHost;

function start(): void {
  const root = document.getElementById('root');
  if (!root) throw new Error('The page has no element with the id root.');
  const host = acquireVsCodeApi();
  const tell = (message: string) => host.postMessage({ type: 'error', message });
  window.addEventListener('error', (event) => tell(event.message));
  window.addEventListener('unhandledrejection', (event) => tell(String(event.reason)));
  const app = new App(root, host, createTranslate(root.dataset['strings']));
  window.addEventListener('message', (event: MessageEvent<ToPanel>) => app.receive(event.data));
  window.addEventListener('focus', () => host.postMessage({ type: 'focus' }));
  host.postMessage({ type: 'ready' });
}

start();
