import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { framesIn, raisingFrames } from '../../../../src/core/failures/tracebacks.ts';

/** What programs print when they fail, by language, with the places that they name, the raising one first. */
const OUTPUTS: Readonly<Record<string, { text: string; raising: readonly string[] }>> = {
  python: {
    text: `epoch=1 loss=0.3
Traceback (most recent call last):
  File "/home/me/train.py", line 31, in <module>
    main()
  File "/home/me/my model/net.py", line 7, in main
    return 1 / 0
ZeroDivisionError: division by zero
`,
    raising: ['/home/me/my model/net.py:7', '/home/me/train.py:31'],
  },
  'python, one error while another is handled': {
    text: `Traceback (most recent call last):
  File "/a/first.py", line 1, in f
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/a/second.py", line 2, in g
RuntimeError: no
`,
    raising: ['/a/second.py:2'],
  },
  node: {
    text: `file:///home/me/my%20project/train.mjs:3
  throw new Error('diverged');
  ^

Error: diverged
    at step (file:///home/me/my%20project/train.mjs:3:9)
    at async main (/home/me/src/run.ts:10:5)
    at /home/me/with space/boot.js:1:2
    at node:internal/modules/run_main:123:12

Node.js v24.1.0
`,
    raising: ['/home/me/my project/train.mjs:3:9', '/home/me/src/run.ts:10:5', '/home/me/with space/boot.js:1:2'],
  },
  java: {
    text: `Exception in thread "main" java.lang.RuntimeException: wrapped
\tat com.acme.Train.main(Train.java:9)
Caused by: java.lang.ArithmeticException: / by zero
\tat com.acme.ml.Net.fit(Net.java:42)
\tat java.base/java.lang.Thread.run(Thread.java:1583)
`,
    raising: ['com/acme/ml/Net.java:42', 'java/lang/Thread.java:1583'],
  },
  'C++ assert': {
    text: `train: src/train.cpp:12: int main(): Assertion \`lr > 0' failed.\n`,
    raising: ['src/train.cpp:12'],
  },
  'C++ sanitizer': {
    text: `==1==ERROR: AddressSanitizer: heap-buffer-overflow
    #0 0x4c3 in fit(int) /home/me/src/fit.cpp:8:3
    #1 0x4c4 in main /home/me/src/main.cpp:20
`,
    raising: ['/home/me/src/fit.cpp:8:3', '/home/me/src/main.cpp:20'],
  },
  R: {
    text: `Error in fit(x) : lr is negative
Calls: main -> fit
2: fit(x) at train.R#14
1: main() at train.R#30
`,
    raising: ['train.R:14', 'train.R:30'],
  },
};

for (const [name, { text, raising }] of Object.entries(OUTPUTS)) {
  test(`finds the raising line of ${name}`, () => {
    const places = raisingFrames(text).map(({ file, line, column }) =>
      [file, line, column].filter((part) => part !== undefined).join(':'),
    );
    assert.deepEqual(places, raising);
  });
}

test('a link covers the text that names the place', () => {
  const text = 'INFO x\n  File "/a/b.py", line 3, in f\n  at run (/c/d.js:5:6)\n\tat a.b.C.m(C.java:7)\n';
  assert.deepEqual(
    framesIn(text).map(({ start, end }) => text.slice(start, end)),
    ['File "/a/b.py", line 3', '/c/d.js:5:6', 'C.java:7'],
  );
});

test('a place in a log line is a link but no failure, and addresses are neither', () => {
  assert.deepEqual(raisingFrames('2026-01-01 INFO train.py:12 started\n'), []);
  assert.equal(framesIn('2026-01-01 INFO train.py:12 started\n').length, 1);
  assert.deepEqual(framesIn('see https://example.org/a.py:12 and node:internal/x.js:1:2 and 12.5:30 v1.py\n'), []);
});

test('a path of Python may hold quotes', () => {
  const [frame] = framesIn('  File "/a/5" disk/b.py", line 36, in f\n');
  assert.deepEqual([frame?.file, frame?.line], ['/a/5" disk/b.py', 36]);
});

test('Windows paths keep their drive', () => {
  assert.equal(framesIn('    at f (C:\\Users\\me\\train.js:3:5)')[0]?.file, 'C:\\Users\\me\\train.js');
  assert.equal(framesIn('C:\\Users\\me\\fit.cpp(12): error C2065')[0]?.file, 'C:\\Users\\me\\fit.cpp');
});

test('no text breaks the scanner, and places lie within it', () => {
  const piece = fc.constantFrom(
    'File "',
    '", line 3',
    'at ',
    '(',
    ')',
    'a.py',
    ':',
    '12',
    '\n',
    ' ',
    '#',
    '\t',
    'x/',
    '\\',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 80 }), (pieces) => {
      const text = pieces.join('');
      for (const { start, end, line } of [...framesIn(text), ...raisingFrames(text)]) {
        assert.ok(start >= 0 && start < end && end <= text.length && Number.isInteger(line));
      }
    }),
  );
});
