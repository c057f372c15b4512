import { commands } from 'vscode';
import type { ContextKey } from './ids.ts';

const past = new Set<ContextKey>();

/** Ticks off a step of the walkthrough: what it is about has truly happened, not only been asked for. */
export function happened(key: ContextKey): void {
  if (past.has(key)) return;
  past.add(key);
  void commands.executeCommand('setContext', key, true);
}
