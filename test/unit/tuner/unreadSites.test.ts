import assert from 'node:assert/strict';
import { test } from 'node:test';
import { declaredSpace } from '../../../src/core/space/declaredSpace.ts';
import { UnreadSites } from '../../../src/tuner/objective/sites/unreadSites.ts';
import { verbatim } from '../../../src/words/message.ts';

const RATE = { type: 'float', low: 0, high: 1 } as const;
const UNREAD = verbatim('never');
const missed = { parameter: 'x', unread: UNREAD };
const read = { parameter: 'x', unread: null };
const stopped = { sentence: UNREAD, isForGood: true };

test('trial 0 settles it where no other parameter is a switch', () => {
  const space = declaredSpace({ x: RATE, y: RATE, size: { type: 'categorical', choices: [8, 16, 32] } });
  assert.deepEqual(new UnreadSites(space).add({ x: 0.1, y: 0.2, size: 16 }, [missed]), stopped);
  assert.equal(new UnreadSites(space).add({ x: 0.1, y: 0.2, size: 16 }, [read]), null);
});

test('a value behind a choice is waited for until all combinations of choices were tried', () => {
  const space = declaredSpace({
    x: RATE,
    optimiser: { type: 'categorical', choices: ['sgd', 'adam'] },
    nesterov: { type: 'categorical', choices: [true, false] },
  });
  const sites = new UnreadSites(space);
  const tryOut = (optimiser: string, nesterov: boolean) => sites.add({ x: 0.1, optimiser, nesterov }, [missed]);
  assert.equal(tryOut('adam', false), null);
  assert.equal(tryOut('sgd', true), null);
  assert.equal(tryOut('sgd', true), null);
  assert.equal(tryOut('sgd', false), null, 'each choice was taken, but not each with each');
  assert.deepEqual(tryOut('adam', true), stopped);
});

test('a value that one trial read is never called unread, unless the code shows it', () => {
  const sites = new UnreadSites(declaredSpace({ x: RATE, y: RATE }));
  assert.equal(sites.add({ x: 0.1, y: 0.5 }, [read]), null);
  assert.equal(sites.add({ x: 0.1, y: 0.5 }, [missed]), null);
  assert.deepEqual(sites.add({ x: 0.1, y: 0.5 }, [{ ...missed, isCertain: true }]), stopped);
});

test('a number that is 0 may switch something off', () => {
  const sites = new UnreadSites(declaredSpace({ x: RATE, warmup: RATE }));
  assert.equal(sites.add({ x: 0.1, warmup: 0 }, [missed]), null);
  assert.deepEqual(sites.add({ x: 0.1, warmup: 0.1 }, [missed]), stopped);
});

test('where too many combinations are left, many trials are worth a sentence, once, and no end', () => {
  const choices = ['a', 'b', 'c', 'd', 'e', 'f'];
  const space = declaredSpace({ x: RATE, kind: { type: 'categorical', choices } });
  const sites = new UnreadSites(space);
  const said = Array.from({ length: 40 }, () => sites.add({ x: 0.1, kind: 'a' }, [missed])).filter(Boolean);
  assert.deepEqual(said, [{ sentence: UNREAD, isForGood: false }]);
});
