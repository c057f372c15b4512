import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { distributionFromJson } from '../../../src/core/space/distributionJson.ts';
import type { StoredParam } from '../../../src/core/study/changes.ts';
import { type Direction, TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import type { StudyRecord } from '../../../src/core/study/studyStore.ts';
import { JournalLog } from '../../../src/storage/journal/journalLog.ts';
import { JournalEncoder } from '../../../src/storage/journal/journalOps.ts';
import { openTrialLog } from '../../../src/storage/openTrialLog.ts';
import { trialsJson } from '../../../src/storage/trialsJson.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/optuna/', import.meta.url));
const REAL = readFileSync(join(fixtures, 'v5/study.journal'), 'latin1');
const REAL_LINES = REAL.split('\n').slice(0, -1);

test('writes the very bytes that Optuna 5 writes', () => {
  let compared = 0;
  for (const line of REAL_LINES) {
    const written = encodeAgain(line);
    if (written === undefined) continue;
    assert.equal(written, `${line}\n`);
    compared++;
  }
  assert.ok(compared > 100, `${compared} lines`);
});

/** The line, read by JSON and written by our encoder. Floats that are whole need their kind, so only those forms are compared. */
function encodeAgain(line: string): string | undefined {
  const fields = JSON.parse(
    line.replaceAll('-Infinity', '"-inf"').replaceAll('Infinity', '"inf"').replaceAll('NaN', '"nan"'),
  );
  const encoder = new JournalEncoder(fields.worker_id);
  const number = 0;
  const real = (value: unknown): number =>
    ({ nan: NaN, inf: Infinity, '-inf': -Infinity })[String(value)] ?? Number(value);
  const time = (text: string): number => Date.parse(`${text.slice(0, 23)}Z`) + Number(text.slice(23, 26)) / 1000;
  const id = fields.trial_id as number;
  switch (fields.op_code) {
    case 0:
      return encoder.createStudy(fields.study_name, fields.directions as Direction[]);
    case 2:
    case 3: {
      const kind = fields.op_code === 2 ? 'user' : 'system';
      const [[key, value]] = Object.entries(fields[`${kind}_attr`]) as [[string, never]];
      return encoder.studyAttr(kind, fields.study_id, key, value);
    }
    case 4: {
      const startedAt = fields.datetime_start === null ? NaN : time(fields.datetime_start);
      if (fields.state === undefined) return encoder.createTrial(fields.study_id, { state: 0, startedAt }, 1);
      const params = Object.entries(fields.distributions as Record<string, string>).map(
        ([name, text]): StoredParam => ({
          name,
          internal: fields.params[name],
          distribution: distributionFromJson(text),
        }),
      );
      const values = fields.values ?? (fields.value === null ? null : [fields.value]);
      const intermediate = Object.entries(fields.intermediate_values).map(
        ([step, value]) => [Number(step), real(value)] as const,
      );
      return encoder.createTrial(
        fields.study_id,
        {
          state: fields.state,
          params,
          values: values?.map(real) ?? null,
          intermediate,
          userAttrs: fields.user_attrs,
          systemAttrs: fields.system_attrs,
          startedAt,
          completedAt: fields.datetime_complete === undefined ? NaN : time(fields.datetime_complete),
        },
        fields.values ? 2 : 1,
      );
    }
    case 5: {
      const distribution = distributionFromJson(fields.distribution);
      return encoder.change(id, {
        type: 'param',
        number,
        param: { name: fields.param_name, internal: fields.param_value_internal, distribution },
      });
    }
    case 6: {
      const at = time(fields.datetime_start ?? fields.datetime_complete);
      return encoder.change(id, {
        type: 'state',
        number,
        state: fields.state,
        values: fields.values?.map(real) ?? null,
        at,
      });
    }
    case 7:
      return encoder.change(id, {
        type: 'intermediate',
        number,
        step: fields.step,
        value: real(fields.intermediate_value),
      });
    default:
      return undefined;
  }
}

test('follows appended lines, keeps a torn one back and reads it when it is complete', async (t) => {
  const path = join(temporaryFolder(t), 'j');
  writeFileSync(path, '');
  const log = await JournalLog.open(path);
  t.after(() => log.close());
  const whole = await readWhole(t, REAL);
  for (let at = 0; at < REAL.length; at += 997) {
    appendFileSync(path, REAL.slice(at, at + 997), 'latin1');
    await log.refresh();
    assert.deepEqual(log.warnings, []);
  }
  assert.equal(trialsJson(log), whole);
  assert.equal(await log.refresh(), false);
});

test('starts over when the file was replaced, shrank or was rewritten', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'j');
  writeFileSync(path, REAL, 'latin1');
  const log = await JournalLog.open(path);
  t.after(() => log.close());
  const other = `{"op_code":0,"worker_id":"w","study_name":"new","directions":[1]}\n`;
  const names = (): string[] => log.studies().map((study) => study.name);

  writeFileSync(join(folder, 'next'), other + REAL, 'latin1');
  renameSync(join(folder, 'next'), path);
  assert.equal(await log.refresh(), true);
  assert.equal(names()[0], 'new');

  writeFileSync(path, other);
  assert.equal(await log.refresh(), true);
  assert.deepEqual(names(), ['new']);

  // Rewritten in place and longer than before.
  writeFileSync(path, REAL, 'latin1');
  assert.equal(await log.refresh(), true);
  assert.equal(names()[0], 'journal');

  truncateSync(path, 0);
  assert.equal(await log.refresh(), true);
  assert.deepEqual(names(), []);
});

test('skips a damaged line and names it, skips unknown operations with one warning', async (t) => {
  const path = join(temporaryFolder(t), 'j');
  const lines = [...REAL_LINES];
  lines.splice(3, 0, '{"op_code":5,"worker_id":"w","trial_id":0,"param_na', '\u0000\u0000\u0000');
  lines.push(
    '{"op_code":99,"worker_id":"w"}',
    '{"op_code":98,"worker_id":"w"}',
    '{"op_code":10,"worker_id":"w","trial_ids":[0]}',
  );
  writeFileSync(path, `${lines.join('\r\n')}\r\n`, 'latin1');
  const log = await JournalLog.open(path);
  t.after(() => log.close());
  assert.equal(trialsJson(log), await readWhole(t, REAL));
  assert.deepEqual(
    log.warnings.map((warning) => warning.replace(path, 'FILE')),
    [
      'Line 4 of FILE is damaged and was skipped.',
      'Line 5 of FILE is damaged and was skipped.',
      'FILE has entries of a kind that this version does not know; they were skipped.',
      'Rustuna discarded trials in FILE; they are shown, as Optuna shows them.',
    ],
  );
});

test('repairs a torn or damaged last line before it writes, so that every line parses again', async (t) => {
  const complete = '{"op_code":7,"worker_id":"w","trial_id":12,"step":77,"intermediate_value":0.5}';
  for (const tail of [
    '\n',
    '{"op_code":7,"wor',
    '\u0000\u0000\u0000\u0000',
    '{"op_code":7,"wor\n',
    '\u0000\n',
    complete,
  ]) {
    const path = join(temporaryFolder(t), 'j');
    writeFileSync(path, REAL + tail, 'latin1');
    const log = await JournalLog.open(path);
    const study = log.studies()[0];
    assert.ok(study);
    const before = study.history.length;
    assert.equal(await log.createTrial(study, { state: TrialState.running }), before);
    assert.equal(study.history.length, before + 1);
    await log.close();
    const text = readFileSync(path, 'latin1');
    const added = text.slice(REAL.length).split('\n').slice(0, -1);
    for (const line of added) JSON.parse(line);
    assert.equal(added.length, tail === complete ? 2 : 1, JSON.stringify(tail));
    assert.ok(text.startsWith(REAL));
  }
});

test('a blank line that arrives alone is cut off too: Optuna could not read past it', async (t) => {
  const path = join(temporaryFolder(t), 'j');
  writeFileSync(path, REAL, 'latin1');
  const log = await JournalLog.open(path);
  t.after(() => log.close());
  appendFileSync(path, '\n');
  await log.refresh();
  await log.createTrial(log.studies()[0] as StudyRecord, { state: TrialState.running });
  assert.ok(!readFileSync(path, 'latin1').includes('\n\n'));
});

test('a byte order mark is no damage', async (t) => {
  const path = join(temporaryFolder(t), 'j');
  writeFileSync(path, `\ufeff${REAL.replaceAll('\n', '\r\n')}`, 'utf8');
  const log = await openTrialLog(path);
  t.after(() => log.close());
  assert.deepEqual(log.warnings, []);
  assert.equal(log.studies()[0]?.name, 'journal');
});

test('a study that was replaced, or deleted and made anew, is not written under its old record', async (t) => {
  const path = join(temporaryFolder(t), 'j');
  const created = '{"op_code":0,"worker_id":"w","study_name":"s","directions":[1]}\n';
  const deleted = '{"op_code":1,"worker_id":"w","study_id":0}\n';
  writeFileSync(path, created);
  const log = await JournalLog.open(path);
  t.after(() => log.close());
  const record = log.studies()[0] as StudyRecord;
  const sampler = createSampler({ type: 'random', seed: 1 });
  const study = new Study(log, record, { sampler, pruner: null });
  await study.ask();
  while (existsSync(`${path}.lock`)) await sleep(1);
  appendFileSync(path, deleted + created);
  await assert.rejects(study.ask(), { code: 'study-replaced' });
  await assert.rejects(study.tell(0, { values: 1 }), { code: 'study-replaced' });
  assert.equal(readFileSync(path, 'latin1').endsWith(deleted + created), true);
});

test('accepts naive, zoned and short date-times', async (t) => {
  const path = join(temporaryFolder(t), 'j');
  const times = ['2026-11-24T06:37:57.212972+00:00', '2026-11-24T15:37:57.212972+09:00', '2026-11-24T06:37:57.212972Z'];
  const lines = ['{"op_code":0,"worker_id":"w","study_name":"s","directions":[1]}'];
  for (const time of [...times, '2026-11-24T06:37:57.212972', '2026-11-24T06:37:57', 'nonsense']) {
    lines.push(`{"op_code":4,"worker_id":"w","study_id":0,"datetime_start":"${time}"}`);
  }
  writeFileSync(path, `${lines.join('\n')}\n`);
  const log = await JournalLog.open(path);
  t.after(() => log.close());
  const zoned = Date.UTC(2026, 10, 24, 6, 37, 57, 212) + 0.972;
  const local = new Date(2026, 10, 24, 6, 37, 57).getTime();
  const started = [...(log.studies()[0]?.history.startedAt ?? [])].map((value) => Math.round(value * 1000) / 1000);
  const rounded = Math.round(zoned * 1000) / 1000;
  assert.deepEqual(started, [rounded, rounded, rounded, Math.round((local + 212.972) * 1000) / 1000, local, NaN]);
});

test('property: random damage never throws and never loses an intact line', async (t) => {
  const path = join(temporaryFolder(t), 'j');
  const notes = Array.from(
    { length: 20 },
    (_, at) => `{"op_code":2,"worker_id":"w","study_id":0,"user_attr":{"k${at}":${at}}}`,
  );
  const base = [REAL_LINES[0] as string, ...REAL_LINES.slice(1, 60), ...notes];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ line: fc.nat(base.length - 2), at: fc.nat(400), byte: fc.integer({ min: 0, max: 255 }) }), {
        maxLength: 6,
      }),
      fc.uint8Array({ maxLength: 40 }),
      async (flips, garbage) => {
        const lines = base.map((line) => Buffer.from(line, 'latin1'));
        const damaged = new Set<number>();
        for (const { line, at, byte } of flips) {
          // The first line, which creates the study, and line ends stay.
          const target = lines[line + 1] as Buffer;
          target[at % target.length] = byte === 0x0a ? 0x20 : byte;
          damaged.add(line + 1);
        }
        // An intact line may delete the study: the damage must not make one.
        fc.pre(lines.every((line) => !/"op_code": ?1\b/.test(line.toString('latin1'))));
        const bytes = Buffer.concat([...lines.flatMap((line) => [line, Buffer.from('\n')]), Buffer.from(garbage)]);
        writeFileSync(path, bytes);
        const log = await JournalLog.open(path);
        const attrs = log.studies()[0]?.userAttrs ?? {};
        for (let at = 0; at < 20; at++) if (!damaged.has(60 + at)) assert.equal(attrs[`k${at}`], at);
        await log.close();
      },
    ),
    { numRuns: 150 },
  );
});

test('property: a file cut anywhere shows every complete line, and can be written on', async (t) => {
  const path = join(temporaryFolder(t), 'j');
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: REAL.indexOf('\n') + 1, max: REAL.length }), async (length) => {
      writeFileSync(path, REAL.slice(0, length), 'latin1');
      const log = await JournalLog.open(path);
      assert.deepEqual(log.warnings, []);
      const created = REAL.slice(0, length)
        .split('\n')
        .slice(0, -1)
        .filter((line) => line.includes('"op_code":4') && line.includes('"study_id":0,')).length;
      const study = log.studies().find(({ id }) => id === 0);
      assert.ok(study);
      assert.equal(study.history.length, created);
      await log.setStudyAttr(study, 'user', 'after', true);
      await log.close();
      for (const line of readFileSync(path, 'latin1').split('\n').slice(0, -1)) {
        JSON.parse(line.replaceAll(/-?Infinity|NaN/g, '0'));
      }
    }),
    { numRuns: 60 },
  );
});

async function readWhole(t: Parameters<typeof temporaryFolder>[0], text: string): Promise<string> {
  const path = join(temporaryFolder(t), 'whole');
  writeFileSync(path, text, 'latin1');
  const log = await JournalLog.open(path);
  const json = trialsJson(log);
  await log.close();
  return json;
}
