import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failReasonChanges, failReasonOf } from '../../../src/core/study/failReason.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { recorded, recordMessage } from '../../../src/protocol/runRecord.ts';
import { runsMessage } from '../../../src/words/en/runs.ts';
import { storageMessage } from '../../../src/words/en/storage.ts';
import { tunerMessage } from '../../../src/words/en/tuner.ts';
import { EN } from '../../../src/words/en.ts';
import { chinese, fill, type Message, messagesOf, readMessage, say, verbatim } from '../../../src/words/message.ts';
import { ZH } from '../../../src/words/zh.ts';

const FRUIT = {
  none: 'no apples',
  some: '{count} apples of {owner}',
  braces: 'write {{name}} and { a: {owner} }',
} as const;

test('a missing Chinese text, one too many or another place does not compile', () => {
  chinese<typeof FRUIT>()({ none: '没有', some: '{owner} 的 {count} 个', braces: '{{name}} {owner}' });
  // @ts-expect-error A text is missing.
  chinese<typeof FRUIT>()({ none: '没有', braces: '{owner}' });
  // @ts-expect-error The English table lacks it.
  chinese<typeof FRUIT>()({ none: '没有', some: '{owner} {count}', braces: '{owner}', more: '' });
  // @ts-expect-error A place is missing.
  chinese<typeof FRUIT>()({ none: '没有', some: '{count} 个', braces: '{owner}' });
  // @ts-expect-error A place is misspelt.
  chinese<typeof FRUIT>()({ none: '没有', some: '{owner} {cuont}', braces: '{owner}' });
  const message = messagesOf('fruit', FRUIT);
  // @ts-expect-error There is no such text.
  assert.throws(() => message('pears'));
  // @ts-expect-error A value is missing.
  message('some', { count: 1 });
  assert.equal(message('some', { count: 2, owner: 'Ann' }).text, '2 apples of Ann');
});

test('every text has the same places in both languages, and none is empty', () => {
  // A place as the catalogue has it: not `{{name}}`, which is the text itself.
  const places = (text: string) => [...new Set(text.replace(/\{\{[^{}]*\}\}/g, '').match(/\{[a-z]\w*\}/g))].sort();
  for (const [area, texts] of Object.entries(EN)) {
    const other: Readonly<Record<string, string>> = ZH[area as keyof typeof ZH];
    assert.deepEqual(Object.keys(other).sort(), Object.keys(texts).sort(), area);
    for (const [name, text] of Object.entries(texts)) {
      const key = `${area}.${name}`;
      assert.notEqual(other[name]?.trim(), '', key);
      assert.deepEqual(places(other[name] ?? ''), places(text), key);
    }
  }
});

test('one of something is told in the singular, Chinese has no spaces between its letters, values have no places', () => {
  assert.equal(fill('{n} trials', { n: 1 }), '1 trial');
  assert.equal(fill('{n} studies', { n: '1' }), '1 study');
  assert.equal(
    fill('{a} of {b} trials over {c} generations.', { a: 1, b: 1, c: 21 }),
    '1 of 1 trial over 21 generations.',
  );
  assert.equal(fill('{a}', { a: '{b}', b: 'x' }), '{b}');
  assert.equal(fill('write {{lr}}, { a: {b} }', { b: 1 }), 'write {lr}, { a: 1 }');
  assert.equal(fill('{a} 缺少 {b}', { a: '研究', b: 'lr' }), '研究缺少 lr');
  assert.equal(fill('{missing}', {}), '{missing}');
});

test('a message within a message is said in the same language', () => {
  const reason = storageMessage('unreadable', { place: '/a', reason: storageMessage('readerEnded') });
  assert.equal(reason.text, '/a cannot be read: its reader ended.');
  assert.equal(say(reason, ZH), '无法读取 /a：读取线程已结束。');
});

test('a message comes out of JSON in Chinese; of another version, or of a stranger, it is shown as it is', () => {
  const message = runsMessage('notJson');
  const read = readMessage(JSON.parse(JSON.stringify(message)));
  assert.ok(read);
  assert.equal(say(read, ZH), '它不是 JSON');
  assert.equal(say({ ...message, key: 'runs.fromTheFuture' }, ZH), message.text);
  for (const key of ['__proto__.x', 'runs.__proto__', 'runs.constructor', 'toString.length', '']) {
    assert.equal(say({ ...message, key }, ZH), message.text, key);
  }
  let deep: unknown = message;
  for (let depth = 0; depth < 50; depth++) deep = { key: 'a.b', values: { x: deep }, text: '' };
  for (const wrong of [null, 'x', {}, { key: 1, values: {}, text: '' }, { ...message, values: { x: [] } }, deep]) {
    assert.equal(readMessage(wrong), undefined);
  }
});

test('a run record keeps key, values and English; an older one is shown as it is', () => {
  const message = tunerMessage('orderParallel', { most: 3 });
  const record = JSON.parse(JSON.stringify(recorded(message))) as ReturnType<typeof recorded>;
  assert.equal(record.message, message.text);
  assert.equal(say(recordMessage(record) as Message, ZH), '并行试验数必须是 1 到 3 的整数。');
  assert.equal(say(recordMessage({ message: 'It broke.' }) as Message, ZH), 'It broke.');
  assert.deepEqual(recorded(verbatim('It broke.')), { message: 'It broke.' });
  assert.equal(recordMessage({}), undefined);
});

test('a failed trial keeps key and values beside the English reason; an older one is shown as it is', async () => {
  const log = new MemoryLog();
  const study = await log.createStudy({ name: 'x', directions: [Direction.minimize] });
  const running = { state: TrialState.running, params: [], values: null };
  for (let number = 0; number < 2; number++) study.history.add(running);
  await log.commit(study, failReasonChanges(0, tunerMessage('studyStopping'), ['Traceback', 'boom']));
  await log.commit(study, [{ type: 'userAttr', number: 1, key: 'tuneboard:error', value: 'It broke.\nboom' }]);
  assert.equal(study.history.userAttrs(0)['tuneboard:error'], 'The study is stopping.\nTraceback\nboom');
  assert.equal(say(failReasonOf(study.history, 0) as Message, ZH), '研究正在停止。');
  assert.equal(say(failReasonOf(study.history, 1) as Message, ZH), 'It broke.');
});
