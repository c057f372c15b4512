/** A kind of storage that only this test knows, one row and nothing else: everything that handles storages handles it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import type { TrialLog, WritableTrialLog } from '../../../src/core/study/studyStore.ts';
import { openLog } from '../../../src/extension/storages/openLog.ts';
import { StorageTrust, trustKey } from '../../../src/extension/storages/storageTrust.ts';
import { isOfThisMachine, isRemoteUrl, registerKind, storageForWorkers } from '../../../src/storage/kinds.ts';
import { openTrialLog } from '../../../src/storage/openTrialLog.ts';
import { StorageError } from '../../../src/storage/storageError.ts';
import { watchTrialLog } from '../../../src/storage/watchTrialLog.ts';
import { openWritableStorage, storagePlace } from '../../../src/storage/writableStorage.ts';
import { copyCommand } from '../../../src/tuner/cli/copyStudies.ts';
import { studyFindings } from '../../../src/tuner/cli/doctor/doctorStudies.ts';
import { verbatim } from '../../../src/words/message.ts';

/** The shelves of the server, by name: what is written by one log is read by all others of the shelf. */
const shelves = new Map<string, MemoryLog>();

/** A look at a shelf; `refresh` tells of what came since this look was last asked. */
function look(name: string, location: string): WritableTrialLog {
  const shelf = shelves.get(name) ?? new MemoryLog();
  shelves.set(name, shelf);
  const revision = () => shelf.studies().reduce((sum, { history }) => sum + history.revision + 1, 0);
  let seen = revision();
  return Object.create(shelf, {
    kind: { value: 'shelf' },
    location: { value: location },
    refresh: {
      value: async () => {
        const isChanged = revision() !== seen;
        seen = revision();
        return isChanged;
      },
    },
    close: { value: async () => {} },
    ...Object.fromEntries(
      (['studies', 'createStudy', 'setStudyAttr', 'createTrial', 'claimWaiting', 'commit'] as const).map((method) => [
        method,
        { value: (shelf[method] as () => unknown).bind(shelf) },
      ]),
    ),
    warnings: { value: [] },
  });
}

function parse(text: string) {
  const { host, name, password } =
    /^shelf:\/\/(?:(?<password>\w+)@)?(?<host>[\w.]+)\/(?<name>\w+)$/.exec(text)?.groups ?? {};
  if (!host) throw new StorageError('unsupported-url', verbatim('It is no URL of a shelf: write shelf://host/name.'));
  return {
    location: `shelf://${host}/${name}`,
    ownPassword: password,
    hostNames: () => [host],
  };
}
const nameIn = (location: string) => location.slice(location.lastIndexOf('/') + 1);

describe('a storage of a new kind', () => {
  let remove: () => void;
  before(() => {
    remove = registerKind({
      name: 'shelf',
      label: 'Shelf',
      accepts: (text) => text.startsWith('shelf://'),
      parse,
      watch: 'poll',
      pollMs: 20,
      takesPassword: true,
      loses: [],
      load: async () => ({
        openLog: async (location): Promise<TrialLog> => look(nameIn(location), parse(location).location),
        openStore: async ({ path }) => look(nameIn(path), path),
        inspect: async ({ path }) => ({
          found: `${path}: ${shelves.get(nameIn(path))?.studies().length ?? 0} studies`,
        }),
      }),
    });
  });
  after(() => remove());

  it('is written, listed, opened and watched', async () => {
    const place = storagePlace('shelf://secret@head/a', '.');
    assert.deepEqual([place.kind, place.path, place.url?.ownPassword], ['shelf', 'shelf://head/a', 'secret']);
    const store = await openWritableStorage(place);
    const study = await store.createStudy({ name: 's', directions: [Direction.minimize] });
    const view = await openTrialLog('shelf://secret@head/a');
    assert.deepEqual(
      view.studies().map(({ name }) => name),
      ['s'],
    );
    const changed = Promise.withResolvers<void>();
    const watcher = watchTrialLog(view, changed.resolve);
    await store.createTrial(study, { state: TrialState.complete, values: [1] });
    // The watcher itself keeps no process alive.
    const limit = setTimeout(() => changed.reject(new Error('no change was noticed')), 10_000);
    await changed.promise;
    clearTimeout(limit);
    watcher.dispose();
    assert.equal(view.studies()[0]?.history.length, 1);
    const inWindow = await openLog('shelf://head/a', {}, 'no thread is needed');
    assert.equal(inWindow.location, 'shelf://head/a');
  });

  it('is inspected, copied to, trusted and handed to workers', async () => {
    const [found] = await studyFindings(['shelf://secret@head/b']);
    assert.deepEqual(found, { what: 'Shelf', found: 'shelf://head/b: 0 studies' });
    assert.equal(await copyCommand({ location: 'shelf://head/a', study: undefined }, 'shelf://head/c'), 0);
    assert.equal(shelves.get('c')?.studies()[0]?.history.length, 1);
    const kept = new Map<string, unknown>();
    const trust = new StorageTrust({
      get: <T>(key: string, otherwise: T) => (kept.get(key) as T) ?? otherwise,
      update: async (key: string, value: unknown) => void kept.set(key, value),
    });
    await trust.add('shelf://secret@head/a');
    assert.equal(trust.has('shelf://head/a'), true);
    assert.equal(trustKey('shelf://secret@head/a'), 'shelf://head/a');
    assert.doesNotMatch(JSON.stringify([...kept]), /secret/);
    assert.equal(isRemoteUrl('shelf://head/a'), true);
    await assert.rejects(openTrialLog('shelf://head/a', { within: '/tmp' }), { code: 'needs-consent' });
    const place = storagePlace('shelf://secret@head/a', '.');
    assert.equal((await storageForWorkers(place)).storage, 'shelf://head/a');
    assert.deepEqual(
      [isOfThisMachine(place), isOfThisMachine(storagePlace('shelf://localhost/a', '.'))],
      [false, true],
    );
  });

  it('is refused in its own words, and is unknown without its row', async () => {
    assert.throws(() => storagePlace('shelf://', '.'), { code: 'unsupported-url', message: /write shelf:/ });
    remove();
    await assert.rejects(openTrialLog('shelf://head/a'), { code: 'unsupported-url' });
    assert.throws(() => storagePlace('shelf://head/a', '.'), { code: 'unsupported-storage' });
  });
});
