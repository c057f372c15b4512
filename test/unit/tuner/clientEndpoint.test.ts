import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { clientSocketPath, newSocketPath } from '../../../src/runs/platform.ts';
import { ClientEndpoint } from '../../../src/tuner/objective/command/clientEndpoint.ts';
import type { TrialHandle } from '../../../src/tuner/objective/objective.ts';

function trialOf(reports: number[]): TrialHandle {
  return {
    number: 4,
    params: {},
    marker: { name: 'X', value: 'y' },
    gpu: null,
    best: null,
    report: (metrics) => {
      reports.push(...Object.values(metrics));
    },
    flush: async () => undefined,
    earlyEnd: () => undefined,
    onEarlyEnd: () => undefined,
    isBeyondEnd: false,
    reportGradient: () => undefined,
    setConstraint: async () => undefined,
    part: null,
    setUserAttr: async () => undefined,
  };
}

/** Sends text and collects the answers until the endpoint closes or has answered `count` lines. */
function talk(address: string, text: string, count: number): Promise<string[]> {
  return new Promise((resolve) => {
    const [kind, place] = [address.slice(0, address.indexOf(':')), address.slice(address.indexOf(':') + 1)];
    const socket = kind === 'unix' ? connect(place) : connect(Number(place.split(':')[1]), '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (data: string) => {
      answer += data;
      if (answer.split('\n').length > count) socket.end();
    });
    socket.on('error', () => undefined).on('close', () => resolve(answer.split('\n').slice(0, -1)));
    socket.write(text);
  });
}

test('whatever a program sends, every line has one answer, and only numbers are reported', async () => {
  const endpoint = await ClientEndpoint.open(clientSocketPath(newSocketPath()));
  const reports: number[] = [];
  const session = endpoint.register(trialOf(reports), 'score');
  const hello = JSON.stringify({ op: 'hello', token: session.env['TUNEBOARD_TOKEN'], trial: 4 });
  const op = fc.constantFrom(
    'report',
    'shouldPrune',
    'attr',
    'artifact',
    'budget',
    'constraint',
    'gradient',
    'hello',
    'x',
    7,
  );
  const request = fc.record({
    op,
    value: fc.anything(),
    step: fc.anything(),
    metrics: fc.anything(),
    key: fc.anything(),
  });
  const line = fc.oneof(
    fc.string().map((text) => text.replaceAll('\n', ' ')),
    fc.json(),
    request.map((value) => JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? null : inner)) ?? ''),
  );
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), async (lines) => {
        const text = [hello, ...lines].map((one) => `${one}\n`).join('');
        const answers = await talk(session.env['TUNEBOARD_ENDPOINT'] as string, text, lines.length + 1);
        assert.equal(answers.length, lines.length + 1);
        for (const answer of answers) assert.equal(typeof (JSON.parse(answer) as { ok: unknown }).ok, 'boolean');
      }),
      { numRuns: 60 },
    );
    for (const value of reports) assert.equal(typeof value, 'number');
    assert.deepEqual(await talk(session.env['TUNEBOARD_ENDPOINT'] as string, '{"op":"report","value":1}\n', 1), []);
    session.close();
    assert.deepEqual(
      await talk(session.env['TUNEBOARD_ENDPOINT'] as string, `${hello}\n`, 1),
      [],
      'an ended trial is gone',
    );
  } finally {
    await endpoint.close();
  }
});
