/** What the extension makes of the answers of the command line. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runTunerCommand } from '../../../src/extension/commands/tunerCommand.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

interface Answer {
  readonly messages: readonly unknown[];
  readonly ended: Promise<boolean>;
}

/** Runs a program in place of the command line. */
function answersOf(context: TestContext, program: string): Answer {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, 'tuneboard.mjs'), program);
  const messages: unknown[] = [];
  const token = {
    isCancellationRequested: false,
    onCancellationRequested: () => ({ dispose: () => undefined }),
  };
  const ended = runTunerCommand(
    { dist: (name) => join(folder, name) },
    { args: ['estimate', 'x'], env: process.env, token, onMessage: (message) => messages.push(message) },
    'estimate',
  );
  return { messages, ended };
}

test('each JSON object of the answer is a message, the last one without a line feed too', async (context) => {
  const program = `console.log('words'); console.log('{"a":1}'); process.stdout.write('{"b":"中');
    setTimeout(() => process.stdout.write('文"}'), 50);`;
  const { messages, ended } = answersOf(context, program);
  assert.equal(await ended, true);
  assert.deepEqual(messages, [{ a: 1 }, { b: '中文' }]);
});

test('a line of the answer that is broken is one sentence, and what came before it is not lost', async (context) => {
  const { messages, ended } = answersOf(context, `console.log('{"a":1}\\n{"b":' + 'x'.repeat(500));`);
  await assert.rejects(ended, {
    code: 'estimate',
    message: /^The answer of "tuneboard estimate" cannot be read: \{"b":x{50,}…$/,
  });
  assert.deepEqual(messages, [{ a: 1 }]);
});

test('a command that fails is told by its own last line', async (context) => {
  const program = `console.log('{"a":'); console.error('tuneboard: No such file.'); process.exitCode = 2;`;
  await assert.rejects(answersOf(context, program).ended, { code: 'estimate', message: 'No such file.' });
});
