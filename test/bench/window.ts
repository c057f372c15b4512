import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { importanceColumns } from '../../src/extension/panel/importanceColumns.ts';
import { allNumbers, panelHeader, panelRows } from '../../src/extension/panel/panelRows.ts';
import type { StudyEntry } from '../../src/extension/studies/studyEntry.ts';
import { studyLine } from '../../src/extension/studies/studyLine.ts';
import { StudyRegistry } from '../../src/extension/studies/studyRegistry.ts';
import { TreeModel } from '../../src/extension/tree/treeModel.ts';
import type { TreeNode } from '../../src/extension/tree/treeNode.ts';
import { treeRow } from '../../src/extension/tree/treeRow.ts';
import { isMariadbInstalled, postgresBin } from '../support/servers.ts';
import { english } from '../support/words.ts';
import { fillStudy, type StorageName, type StudyShape } from './window/fillStudy.ts';

const SHAPES: Readonly<Record<string, Omit<StudyShape, 'trials'>>> = {
  '8 params': { params: 8, reports: 0 },
  '8 params, 30 reports': { params: 8, reports: 30 },
  '40 params': { params: 40, reports: 0 },
};
const WRITERS = 4;
const ROUNDS = 40;
const PAUSE_MS = 250;

/**
 * What a window costs the extension host that has a large study open while four processes write to it: opening it, and each
 * refresh, of which the parts are told: reading the storage, the open tree (Running, and one page of 200 complete trials), the
 * History panel's message, the columns that importance is measured on. In milliseconds of the processor, the median and the
 * worst of 40. Arguments: postgres, mysql, sqlite or all (all), and the number of trials (100,000).
 */
export async function run([which = 'all', trials = '100000']: readonly string[]): Promise<void> {
  const installed = { postgres: postgresBin() !== undefined, mysql: isMariadbInstalled(), sqlite: true };
  for (const storage of ['postgres', 'mysql', 'sqlite'] as const satisfies readonly StorageName[]) {
    if (which !== 'all' && which !== storage) continue;
    if (!installed[storage]) console.log(`${storage}: not installed`);
    else for (const name of Object.keys(SHAPES)) await measure(storage, name, Number(trials));
  }
}

async function measure(storage: StorageName, name: string, trials: number): Promise<void> {
  const filled = await fillStudy(storage, { trials, ...(SHAPES[name] as Omit<StudyShape, 'trials'>) });
  const registry = new StudyRegistry({
    explain: String,
    report: (error) => console.error(error),
  });
  const writers: ReturnType<typeof filled.write>[] = [];
  try {
    const began = performance.now();
    const opening = await cpuMs(() => registry.open(filled.location));
    const wall = performance.now() - began;
    const [study] = registry.studies;
    if (study?.history?.length !== trials) throw new Error(`read ${study?.history?.length} trials of ${trials}`);
    const rss = process.memoryUsage().rss / 1e6;
    console.log(
      `${storage}, ${trials} trials, ${name}: opening ${opening.toFixed(0)} ms (${wall.toFixed(0)} on the clock), ${rss.toFixed(0)} MB`,
    );
    const window = new Window(registry, study);
    const snapshot = await cpuMs(() =>
      structuredClone(panelRows(study.history as never, allNumbers(study.history as never))),
    );
    for (let seed = 0; seed < WRITERS; seed++) writers.push(filled.write(seed));
    while (study.history.length < trials + 2 * WRITERS) {
      await delay(PAUSE_MS);
      await registry.refresh();
    }
    for (let round = 0; round < ROUNDS; round++) {
      await delay(PAUSE_MS);
      await window.refresh();
    }
    console.log(`  the panel's first message ${snapshot.toFixed(1)} ms; a refresh: ${window.report()}`);
  } finally {
    for (const writer of writers) writer.kill('SIGKILL');
    registry.dispose();
    await filled.dispose();
  }
}

/** The parts of the extension that follow a study, without the editor: the tree is open, and the panel. */
class Window {
  readonly #registry: StudyRegistry;
  readonly #study: StudyEntry;
  readonly #tree: TreeModel;
  readonly #times: Record<string, number[]> = { reading: [], tree: [], panel: [], 'importance columns': [], all: [] };
  readonly #open: TreeNode[];
  #sent: number;
  #changed = 0;

  constructor(registry: StudyRegistry, study: StudyEntry) {
    this.#registry = registry;
    this.#study = study;
    this.#tree = new TreeModel(registry);
    const groups = this.#tree.children(this.#tree.studyNode(study));
    const complete = groups.find((node) => node.kind === 'group') as TreeNode;
    const page = this.#tree.children(complete).at(-1) as TreeNode;
    this.#open = [complete, page];
    this.#tree.changed(study);
    this.#sent = study.history?.revision ?? 0;
  }

  async refresh(): Promise<void> {
    const history = this.#study.history;
    if (!history) throw new Error('the study is gone');
    const reading = await cpuMs(() => this.#registry.refresh());
    const tree = await cpuMs(() => this.#drawTree());
    const panel = await cpuMs(() => {
      const changed = history.changedSince(this.#sent);
      this.#changed += changed.length;
      const header = panelHeader(this.#study, english, { isTrusted: true, now: Date.now() });
      structuredClone({ header, rows: panelRows(history, Uint32Array.from(changed)) });
      this.#sent = history.revision;
    });
    const columns = await cpuMs(() => importanceColumns(history));
    const times = { reading, tree, panel, 'importance columns': columns, all: reading + tree + panel + columns };
    for (const [part, time] of Object.entries(times)) this.#times[part]?.push(time);
  }

  /** The editor reads again what changed, and all that is open below it. */
  #drawTree(): void {
    const row = (node: TreeNode) => treeRow(node, english, Date.now());
    for (const node of this.#tree.changed(this.#study)) {
      row(node);
      const groups = node.kind === 'study' ? this.#tree.children(node) : [node];
      for (const group of groups) {
        row(group);
        if (group.kind === 'group' && group.group === 0) for (const trial of this.#tree.children(group)) row(trial);
      }
    }
    for (const node of this.#open) for (const child of this.#tree.children(node)) row(child);
    studyLine(this.#study, english, Date.now());
  }

  report(): string {
    const told = Object.entries(this.#times).map(([part, times]) => {
      const sorted = times.toSorted((a, b) => a - b);
      return `${part} ${sorted[sorted.length >> 1]?.toFixed(1)} (${sorted.at(-1)?.toFixed(1)})`;
    });
    return `${told.join(', ')}; ${(this.#changed / ROUNDS).toFixed(1)} trials changed each`;
  }
}

/** Milliseconds of the processor that something takes this process. */
async function cpuMs(work: () => unknown): Promise<number> {
  const began = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}
