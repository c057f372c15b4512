/**
 * What the language server takes for one edit of a long script, beside its bar of 30 ms, and its memory beside 100 MB. Needs
 * `npm run build`. `-- LINES EDITS`: 5,000 and 60 by default.
 */
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { repository } from '../support/cache.ts';

const URI = 'file:///bench/long.py';

/** A module as they are written: mostly functions and classes, and one objective. */
const PLAIN = `
class Block_N(Module):
    def __init__(self, width=64, dropout=0.1, activation="relu"):
        super().__init__()
        self.layer = Linear(width, width * 4, bias=False)  # wide
        self.options = {"width": width, "dropout": dropout, 'sizes': [1, 2, 3]}

    def forward(self, inputs, mask=None):
        hidden = self.layer(inputs) if mask is None else self.layer(inputs * mask)
        for step, part in enumerate(hidden.chunks(4)):
            hidden = hidden + self.norm(part, eps=1e-5) * step
        return hidden
`;
const SEARCH = `
def objective_N(trial):
    rate = trial.suggest_float("rate_N", 1e-5, 1e-1, log=True)
    model = build(hidden=trial.suggest_int("hidden_N", 8, 256), seed=N)
    for step in range(100):
        trial.report(model.step(rate), step)
    return model.score()


study_N = optuna.create_study(direction="minimize")
study_N.optimize(objective_N, n_trials=20)
`;

function script(lines: number, everyth: number): string {
  const parts = ['import optuna\n'];
  for (let at = 0, count = 1; count < lines; at++) {
    const part = (at % everyth === 0 ? SEARCH : PLAIN).replaceAll('_N', `_${at}`);
    parts.push(part);
    count += part.split('\n').length - 1;
  }
  return parts.join('');
}

export async function run(args: readonly string[]): Promise<void> {
  const [lines = 5000, edits = 60] = args.map(Number);
  const server = spawn(
    process.execPath,
    ['--max-semi-space-size=4', '--optimize-for-size', join(repository, 'dist', 'server.cjs'), '--stdio'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const client = createMessageConnection(new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin));
  client.listen();
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const memory = () =>
    Number(execFileSync('ps', ['-o', 'rss=', '-p', String(server.pid)], { encoding: 'utf8' })) / 1024;
  await client.sendRequest('initialize', { processId: null, rootUri: null, capabilities: {} });
  await client.sendNotification('initialized', {});
  const ask = async () => {
    const textDocument = { uri: URI };
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
    await client.sendRequest('textDocument/codeLens', { textDocument });
    await client.sendRequest('textDocument/codeAction', { textDocument, range, context: { diagnostics: [] } });
  };
  for (const [name, everyth] of [
    ['a module with a study in every twentieth part', 20],
    ['studies only', 1],
  ] as const) {
    const text = script(lines, everyth);
    const textDocument = { uri: URI, languageId: 'python', version: 0, text };
    await client.sendNotification('textDocument/didOpen', { textDocument });
    const opened = performance.now();
    await ask();
    const first = performance.now() - opened;
    const times: number[] = [];
    const line = Math.floor(lines / 2);
    for (let version = 1; version <= edits; version++) {
      const place = { line, character: 0 };
      const began = performance.now();
      await client.sendNotification('textDocument/didChange', {
        textDocument: { uri: URI, version },
        contentChanges: [{ range: { start: place, end: place }, text: version % 2 === 0 ? '' : ' ' }],
      });
      await ask();
      times.push(performance.now() - began);
    }
    await client.sendNotification('textDocument/didClose', { textDocument: { uri: URI } });
    times.sort((a, b) => a - b);
    const [least = 0, middle = 0] = [times[0], times[Math.floor(times.length / 2)]];
    console.log(
      `${name}, ${lines} lines: opened ${first.toFixed(0)} ms, after an edit ${middle.toFixed(1)} ms (least ${least.toFixed(1)}), server ${memory().toFixed(0)} MB`,
    );
  }
  await client.sendRequest('shutdown');
  await client.sendNotification('exit');
  await ended;
}
