/** The sources of the hostile corpus in the language server: each is answered soon, and nothing that it names is touched. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Random } from '../../../src/core/random.ts';
import { STUDY_FILES } from '../../../src/protocol/editor.ts';
import { writeCases } from '../../security/corpus/corpus.ts';
import { languageOf, sourceCases, sourcesIn } from '../../security/corpus/sources.ts';
import { Traps } from '../../security/corpus/traps.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { startClient } from './harness.ts';

/** Of the processor for all questions about one file, in milliseconds: files of up to 3 MB. */
const MOST_MS = 5000;
test('hostile sources are answered soon, and nothing that they name is touched', {
  skip: process.platform === 'win32',
}, async (t) => {
  const traps = await Traps.set();
  t.after(() => traps.remove());
  const folder = temporaryFolder(t);
  const client = await startClient();
  t.after(() => client.dispose());
  const sources = sourcesIn(writeCases(folder, sourceCases(traps, new Random(1, 0, 'sources'))));
  assert.ok(sources.length > 35);
  const studyFiles = sources
    .filter((path) => path.endsWith('.study.yaml'))
    .map((path) => pathToFileURL(path).toString());
  client.notify(STUDY_FILES, { uris: studyFiles });
  const slow: string[] = [];
  for (const path of sources) {
    const uri = pathToFileURL(path).toString();
    const text = readFileSync(path, 'utf8');
    const lines = text.split('\n').length;
    const range = { start: { line: 0, character: 0 }, end: { line: lines, character: 0 } };
    const textDocument = { uri };
    const before = process.threadCpuUsage();
    client.open(uri, languageOf(path) ?? '', text);
    await client.request('textDocument/codeLens', { textDocument });
    await client.request('textDocument/inlayHint', { textDocument, range });
    await client.request('textDocument/codeAction', { textDocument, range, context: { diagnostics: [] } });
    for (const line of [0, 2, Math.min(4, lines - 1), lines - 1]) {
      await client.request('textDocument/hover', { textDocument, position: { line, character: 4 } });
      await client.request('textDocument/completion', { textDocument, position: { line, character: 0 } });
    }
    const { user, system } = process.threadCpuUsage(before);
    const ms = Math.round((user + system) / 1000);
    if (process.env['SHOW_ALL']) console.log(ms, basename(path));
    if (ms > MOST_MS) slow.push(`${basename(path)}: ${ms} ms`);
  }
  assert.deepEqual(slow, []);
  traps.assertUntouched();
});
