import type { ExtensionContext, LogOutputChannel } from 'vscode';
import type { LanguageServer } from '../languageServer.ts';
import type { TerminalCommands } from '../launching/terminalCommands.ts';
import type { HistoryPanels } from '../panel/historyPanels.ts';
import type { OpenStorages } from '../storages/openStorages.ts';
import type { StorageTrust } from '../storages/storageTrust.ts';
import type { LastFocus } from '../studies/lastFocus.ts';
import type { StudyRegistry } from '../studies/studyRegistry.ts';
import type { StudiesView } from '../tree/studiesView.ts';
import type { LogFollower } from '../window/logFollower.ts';
import type { Notices } from '../window/notices.ts';
import type { StoragePasswords } from '../window/storagePasswords.ts';

/** What commands work with. Each takes the parts that it needs; `Tuneboard` has them all. */
export interface Collaborators {
  readonly context: ExtensionContext;
  readonly log: LogOutputChannel;
  readonly notices: Notices;
  readonly registry: StudyRegistry;
  readonly logs: LogFollower;
  readonly trust: StorageTrust;
  readonly storages: OpenStorages;
  readonly passwords: StoragePasswords;
  readonly view: StudiesView;
  readonly panels: HistoryPanels;
  readonly language: LanguageServer;
  readonly focus: LastFocus;
  readonly terminals: TerminalCommands;
  /** Processes of the tuners that this window has launched: one may have ended before the window has seen it run. */
  readonly launched: Set<number>;
  /** Resolves when the runs of the folders are listed, and read where that takes no time. */
  ready(): Promise<void>;
  /** Resolves when the studies are known that a person can mean: those that were found, and those being started. */
  settled(): Promise<void>;
  /** Notes that a study is being started, until it is known or has failed. */
  starting<T>(start: Promise<T>): Promise<T>;
  /** Path of a file in the extension's `dist`. */
  dist(name: string): string;
}

/** What tells which study or trial a person means. */
export type Choosing = Pick<Collaborators, 'focus' | 'panels' | 'ready' | 'registry' | 'settled' | 'view'>;

/** What starts a tuner. */
export type Launching = Pick<
  Collaborators,
  'context' | 'dist' | 'launched' | 'log' | 'notices' | 'passwords' | 'registry' | 'starting' | 'view'
>;
