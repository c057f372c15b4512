/** Servers of a test file, or of a part of it. */
import { after, before } from 'node:test';
import type { needs } from './parts.ts';

/** What can be ended: by its own word for that. */
type Ending = { stop(): unknown } | { dispose(): unknown } | { close(): unknown } | { remove(): unknown };

/** Notes what is to be ended after the tests, and gives it back. */
type Keep = <T extends Ending>(started: T) => T;

/**
 * Starts something before the tests of a file (or of the `describe` that this is called in), and ends all that was kept after
 * them, the last one first, also where the start of a later one failed. Nothing is started where a part is missing. Returns how
 * to get it in a test.
 */
export function whileTesting<T>({ skip }: ReturnType<typeof needs>, start: (keep: Keep) => Promise<T>): () => T {
  const kept: Ending[] = [];
  let started: { readonly all: T } | undefined;
  before(async () => {
    if (skip !== false) return;
    const keep: Keep = (one) => {
      kept.push(one);
      return one;
    };
    started = { all: await start(keep) };
  });
  after(async () => {
    for (const one of kept.reverse()) await end(one);
  });
  return () => {
    if (!started) throw new Error('It is started before the tests, and only there.');
    return started.all;
  };
}

function end(one: Ending): unknown {
  if ('dispose' in one) return one.dispose();
  if ('stop' in one) return one.stop();
  return 'close' in one ? one.close() : one.remove();
}
