/** The bytes of messages, times without a zone, and the URL of a storage proxy. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { isProxyUrl } from '../../../src/storage/proxy/isProxyUrl.ts';
import * as library from '../../../src/storage/proxy/library.ts';
import { CREATE_TRIAL, GET_TRIALS, StudyMessage, TrialMessage } from '../../../src/storage/proxy/messages.ts';
import { TrialTurns } from '../../../src/storage/proxy/proxyStore.ts';
import { ProxyUrl } from '../../../src/storage/proxy/proxyUrl.ts';
import { ServerClock } from '../../../src/storage/proxy/serverClock.ts';
import { messageOf, rowOf } from '../../../src/storage/proxy/trialMessages.ts';
import { decode, encode } from '../../../src/storage/proxy/wire.ts';
import { RowDecoder } from '../../../src/storage/sql/read/rowDecoder.ts';
import { storagePlace } from '../../../src/storage/writableStorage.ts';

const id = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const text = fc.string({ unit: 'grapheme' });
const strings = fc.array(fc.tuple(text, text)).map((entries) => new Map(entries));
const trial = fc.record({
  trialId: id,
  number: id,
  state: fc.nat({ max: 4 }),
  values: fc.array(fc.double()),
  datetimeStart: text,
  datetimeComplete: text,
  params: fc.array(fc.tuple(text, fc.double())).map((entries) => new Map(entries)),
  distributions: strings,
  userAttributes: strings,
  systemAttributes: strings,
  intermediateValues: fc.array(fc.tuple(fc.maxSafeInteger(), fc.double())).map((entries) => new Map(entries)),
});

describe('messages of a storage proxy', () => {
  it('are read as they were written, to the last bit', () => {
    fc.assert(
      fc.property(trial, (values) => {
        assert.deepEqual(decode(library, TrialMessage, encode(library, TrialMessage, values)), { ...values });
      }),
    );
  });

  it('hold what Protocol Buffers has for them', () => {
    const studyId = encode(library, GET_TRIALS.request, { studyId: 1, included: [2, 300], greaterThan: -1 });
    assert.equal(Buffer.from(studyId).toString('hex'), '0801120302ac0218ffffffffffffffffff01');
    const plain = encode(library, CREATE_TRIAL.request, { studyId: 0, isPlain: true });
    assert.equal(Buffer.from(plain).toString('hex'), '1801');
  });

  it('may have numbers one by one, fields in any order, and others that are not known', () => {
    const bytes = Buffer.from('2a0141210000000000000040220800000000000008407a03010203f80101', 'hex');
    const { values, datetimeStart } = decode(library, TrialMessage, bytes);
    assert.deepEqual([values, datetimeStart], [[2, 3], 'A']);
  });

  it('that are none end in an error, not in a loop or a process without memory', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), trial, fc.nat(), (noise, values, at) => {
        const whole = encode(library, TrialMessage, values);
        const torn = Buffer.concat([whole.subarray(0, at % (whole.length + 1)), noise]);
        for (const message of [TrialMessage, StudyMessage, GET_TRIALS.reply, CREATE_TRIAL.request] as const) {
          for (const bytes of [noise, torn]) {
            try {
              decode(library, message, bytes);
            } catch (error) {
              assert.ok(error instanceof Error);
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('give trials that do not depend on the order of parameters on the wire', () => {
    const distribution = { type: 'float', low: 0, high: 1, log: false, step: null } as const;
    const param = (name: string) => ({ name, internal: 0.5, distribution });
    const history = new History([Direction.minimize]);
    history.add({ state: TrialState.complete, params: ['b', 'a'].map(param) });
    const parts = { decoder: new RowDecoder('utc', () => {}), clock: new ServerClock() };
    const template = { state: TrialState.complete, params: ['d', 'a', 'c', 'b'].map(param), values: [1] };
    const { template: read } = rowOf(messageOf(template, parts.clock), 0, history, parts);
    assert.deepEqual(
      read.params.map(({ name }) => name),
      ['b', 'a', 'c', 'd'],
    );
    assert.deepEqual([read.values, read.state], [[1], TrialState.complete]);
  });
});

describe('times of a storage proxy', () => {
  const at = Date.UTC(2026, 10, 24, 12, 0, 0);
  const naive = (hours: number) =>
    new Date(at + hours * 3_600_000).toISOString().slice(0, 23).replace('T', ' ').concat('000');

  it('are local until the server has written one, and the server’s then', () => {
    const clock = new ServerClock();
    const local = new Date(2026, 10, 24, 12).getTime();
    assert.equal(clock.read('2026-11-24 12:00:00.000000'), local);
    assert.equal(clock.isKnown, false);
    const before = clock.read(naive(5.5));
    // A few seconds between two clocks are no zone.
    assert.equal(clock.learn(naive(5.5), at + 3000), at - before);
    assert.equal(clock.isKnown, true);
    assert.equal(clock.read(naive(5.5)), at);
    assert.equal(clock.write(at), naive(5.5));
    assert.equal(clock.learn(naive(6.5), at), 0, 'what was read before was right: the clock was put forward');
    assert.equal(clock.read(naive(6.5)), at);
  });

  it('are none where there is none, and teach nothing where they cannot be right', () => {
    const clock = new ServerClock();
    assert.deepEqual([clock.read(''), clock.write(Number.NaN)], [Number.NaN, '']);
    for (const wrong of ['', 'yesterday', '1970-01-01 00:00:00.000000']) assert.equal(clock.learn(wrong, at), 0);
    assert.equal(clock.isKnown, false);
  });

  it('are read and written with their offset where the server writes one', () => {
    const clock = new ServerClock();
    const text = '2026-11-24T17:45:00.000000+05:45';
    assert.equal(clock.read(text), Date.UTC(2026, 10, 24, 12));
    assert.equal(clock.isKnown, true);
    assert.equal(clock.write(Date.UTC(2026, 10, 24, 12)), '2026-11-24T12:00:00.000000+00:00');
    const learner = new ServerClock();
    assert.equal(learner.learn(text), 0);
    assert.equal(learner.write(Date.UTC(2026, 10, 24, 12)), '2026-11-24T12:00:00.000000+00:00');
  });

  it('have an offset where nothing is known, and none once the server has refused it', () => {
    const clock = new ServerClock();
    const local = new Date(2026, 10, 24, 12).getTime();
    assert.match(clock.write(local), /\+00:00$/);
    clock.refuseOffsets();
    assert.equal(clock.isKnown, false);
    assert.equal(clock.write(local), '2026-11-24 12:00:00.000000');
    // Another server, of a newer Optuna, may stand at the same address later, and an older one again.
    clock.read('2026-11-24T12:00:00.000000+00:00');
    assert.match(clock.write(local), /\+00:00$/);
    clock.refuseOffsets();
    assert.equal(clock.write(local), '2026-11-24 12:00:00.000000');
  });

  it('of a history are moved together', () => {
    const history = new History([Direction.minimize]);
    history.add({ state: TrialState.complete, values: [1], startedAt: 1000, completedAt: 2000 });
    history.add({ state: TrialState.waiting });
    const { revision } = history;
    history.moveTimes(500);
    assert.deepEqual([...history.startedAt, ...history.completedAt], [1500, Number.NaN, 2500, Number.NaN]);
    assert.deepEqual(history.changedSince(revision), [0, 1]);
  });
});

describe('the URL of a storage proxy', () => {
  it('is the same however it is written', () => {
    for (const text of ['grpc://Head', 'GRPC://head:13000', 'grpc://head/']) {
      assert.equal(ProxyUrl.parse(text).location, 'grpc://head:13000');
    }
    const six = ProxyUrl.parse('grpc://[::1]:14');
    assert.deepEqual([six.host, six.port, six.location], ['::1', 14, 'grpc://[::1]:14']);
    const place = storagePlace('grpc://head', '.');
    assert.deepEqual([place.kind, place.path], ['grpc', 'grpc://head:13000']);
  });

  it('is one, or refused in a sentence that shows no password', () => {
    const word = fc.stringMatching(/^[\w.:@/?#[\]-]*$/);
    fc.assert(
      fc.property(word, (rest) => {
        const text = `grpc://${rest}`;
        assert.ok(isProxyUrl(text));
        try {
          const url = ProxyUrl.parse(text);
          assert.equal(ProxyUrl.parse(url.location).location, url.location);
        } catch (error) {
          assert.match((error as Error).message, /^grpc:.*[.]$/);
        }
      }),
    );
    assert.throws(
      () => ProxyUrl.parse('grpc://me:secret@head'),
      (error: Error) => !error.message.includes('secret'),
    );
    for (const wrong of ['grpc://', 'grpc://head:0', 'grpc://head:99999', 'grpc://head/study', 'grpc://a b']) {
      assert.throws(() => ProxyUrl.parse(wrong), { code: 'unsupported-url' });
    }
  });
});

describe('turns at trials', () => {
  it('are had one after the other, and by all together for other trials', async () => {
    const turns = new TrialTurns();
    const said: string[] = [];
    const first = Promise.withResolvers<void>();
    const all = [
      turns.run([1, 2], async () => {
        said.push('a');
        await first.promise;
        said.push('b');
      }),
      turns.run([2, 3], async () => void said.push('c')),
      turns.run([4], async () => void said.push('d')),
      turns.run([3], () => Promise.reject(new Error('e'))).catch((error: Error) => void said.push(error.message)),
    ];
    await all[2];
    assert.deepEqual(said, ['a', 'd']);
    first.resolve();
    await Promise.all(all);
    assert.deepEqual(said, ['a', 'd', 'b', 'c', 'e']);
  });
});
