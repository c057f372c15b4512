import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Task, TaskEnd } from '../qualityWorker.ts';

const worker = fileURLToPath(new URL('../qualityWorker.ts', import.meta.url));

/** Runs the tasks in `jobs` processes, in their order; one that a worker dies of is told as an error like any other. */
export async function runTasks(
  tasks: readonly Task[],
  jobs: number,
  onEnd: (task: Task, end: TaskEnd) => void,
): Promise<void> {
  let place = 0;
  const work = async (): Promise<void> => {
    let child: ChildProcess | null = null;
    while (place < tasks.length) {
      const task = tasks[place++] as Task;
      child ??= fork(worker);
      const end = await answer(child, task);
      if (end === null) child = null;
      onEnd(task, end ?? { error: 'The process ended early: see its message above.' });
    }
    child?.disconnect();
  };
  await Promise.all(Array.from({ length: Math.min(jobs, tasks.length) }, work));
}

async function answer(child: ChildProcess, task: Task): Promise<TaskEnd | null> {
  const stop = new AbortController();
  const { signal } = stop;
  const told = once(child, 'message', { signal }).then(([end]) => end as TaskEnd);
  const exited = once(child, 'exit', { signal }).then(() => null);
  child.send(task);
  const end = await Promise.race([told, exited]);
  for (const rest of [told, exited]) rest.catch(() => {});
  stop.abort();
  return end;
}
