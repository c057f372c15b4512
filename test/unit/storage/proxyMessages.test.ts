/** Messages of a storage proxy, and its URL. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { kindOf } from '../../../src/storage/kinds.ts';
import { decodeReply, decodeTrials, encodeRequest } from '../../../src/storage/proxy/library.ts';
import type { TrialMessage } from '../../../src/storage/proxy/messages.ts';
import { TrialTurns } from '../../../src/storage/proxy/proxyStore.ts';
import { ProxyUrl } from '../../../src/storage/proxy/proxyUrl.ts';
import { messageOf, rowOf } from '../../../src/storage/proxy/trialMessages.ts';
import { RowDecoder } from '../../../src/storage/sql/read/rowDecoder.ts';
import { storagePlace } from '../../../src/storage/writableStorage.ts';

const id = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const text = fc.string({ unit: 'grapheme' });
const entries = <T>(key: fc.Arbitrary<string>, value: fc.Arbitrary<T>) =>
  fc.array(fc.tuple(key, value)).map((list): Record<string, T> => Object.fromEntries(list));
const strings = entries(text, text);
const trial = fc.record({
  trialId: id,
  number: id,
  state: fc.nat({ max: 4 }),
  values: fc.array(fc.double()),
  datetimeStart: text,
  datetimeComplete: text,
  params: entries(fc.oneof(text, fc.constant('__proto__')), fc.double()),
  distributions: strings,
  userAttributes: strings,
  systemAttributes: strings,
  intermediateValues: entries(fc.maxSafeInteger().map(String), fc.double()),
});

/** The bytes of the trial alone: those of field 2 of a request, after the tag and the length. */
function bytesOf(templateTrial: TrialMessage): Buffer {
  const bytes = Buffer.from(encodeRequest('CreateNewTrial', { studyId: 0, templateTrial }));
  let at = bytes.indexOf(0x12) + 1;
  while (((bytes[at++] as number) & 0x80) !== 0);
  return bytes.subarray(at);
}

/** As field 1 of a reply. */
function replyOf(...messages: readonly Buffer[]): Buffer {
  const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);
  return Buffer.concat(messages.flatMap((bytes) => [Buffer.from([0x0a, ...varint(bytes.length)]), bytes]));
}

describe('messages of a storage proxy', () => {
  it('are read as they were written, to the last bit, one by one', () => {
    fc.assert(
      fc.property(trial, trial, (first, second) => {
        const read = [...decodeTrials(replyOf(bytesOf(first), bytesOf(second)))].map((one) => one.trial);
        for (const [index, written] of [first, second].entries()) {
          for (const [key, value] of Object.entries(written)) {
            assert.deepEqual(read[index]?.[key as keyof TrialMessage], value, key);
          }
        }
      }),
    );
  });

  it('hold what Protocol Buffers has for them', () => {
    const asked = { studyId: 1, includedTrialIds: [2, 300], trialIdGreaterThan: -1 };
    assert.equal(
      Buffer.from(encodeRequest('GetTrials', asked)).toString('hex'),
      '0801120302ac0218ffffffffffffffffff01',
    );
    const plain = Buffer.from('2a0141210000000000000040220800000000000008407a03010203f80101', 'hex');
    const { trial: read } = decodeTrials(replyOf(plain)).next().value as { trial: TrialMessage };
    assert.deepEqual([read.values, read.datetimeStart, read.trialId], [[2, 3], 'A', 0]);
    assert.equal(decodeReply('CreateNewTrial', Buffer.from('0880808080808010', 'hex')).trialId, 2 ** 46);
  });

  it('that are none end in an error, not in a loop or a process without memory', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), trial, fc.nat(), (noise, values, at) => {
        const whole = replyOf(bytesOf(values));
        const torn = Buffer.concat([whole.subarray(0, at % (whole.length + 1)), noise]);
        for (const bytes of [noise, torn]) {
          for (const read of [() => [...decodeTrials(bytes)], () => decodeReply('GetAllStudies', bytes)]) {
            try {
              read();
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
    const decoder = new RowDecoder('local', () => {});
    const template = { state: TrialState.complete, params: ['d', 'a', 'c', 'b'].map(param), values: [1] };
    const { template: read } = rowOf(messageOf(template, 'offset'), 0, history, decoder);
    assert.deepEqual(
      read.params.map(({ name }) => name),
      ['b', 'a', 'c', 'd'],
    );
    assert.deepEqual([read.values, read.state], [[1], TrialState.complete]);
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
        assert.equal(kindOf(text)?.name, 'grpc');
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
