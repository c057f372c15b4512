/** What Slurm's commands answer, in the forms of several versions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  expandIds,
  readAccounts,
  readJobs,
  readQueue,
  refusalOf,
} from '../../../../src/tuner/cluster/slurm/slurmAnswers.ts';

test('elements of an array are told one by one, also where they wait together', () => {
  assert.deepEqual(expandIds('7'), ['7']);
  assert.deepEqual(expandIds('7_4'), ['7_4']);
  assert.deepEqual(expandIds('7_[2-3,5%2]'), ['7_2', '7_3', '7_5']);
  assert.deepEqual(expandIds('7_[0-6:3]'), ['7_0', '7_3', '7_6']);
  assert.ok(expandIds('7_[0-99999999999:0]').length < 200_000, 'what makes no sense takes no memory');
  assert.deepEqual(expandIds('12345678901_[0-9]'), ['12345678901_[0-9]'], 'no job of Slurm has such a number');
});

test('a queue has those that wait, with the reason, and those that run, with the node', () => {
  const reports = readQueue(
    '1_[2-3%2]|PENDING||Resources\n1_0|RUNNING|node7|None\n1_1|COMPLETING|node8|None\n2|REQUEUED||BeginTime\n',
  );
  assert.deepEqual(reports.get('1_2'), { state: 'queued', where: null, reason: 'Resources' });
  assert.deepEqual(reports.get('1_3'), reports.get('1_2'));
  assert.deepEqual(reports.get('1_0'), { state: 'running', where: 'node7', reason: null });
  assert.equal(reports.get('1_1')?.state, 'running');
  assert.equal(reports.get('2')?.state, 'queued', 'a preempted job that Slurm starts again');
});

test('accounts say how each ended: by itself, by its own failure, or taken away', () => {
  const ends = readAccounts(
    [
      '1_0|COMPLETED|0:0|n1',
      '1_0.batch|COMPLETED|0:0|n1',
      '1_1|FAILED|1:0|n1',
      '1_2|PREEMPTED|0:15|n2',
      '1_3|TIMEOUT|0:0|n2',
      '1_4|CANCELLED by 1000|0:15|n2',
      '1_5|NODE_FAIL|1:0|n3',
      '1_6|FAILED|130:0|n3',
      '1_7|FAILED|0:9|n3',
      '1_8|OUT_OF_MEMORY|0:125|n3',
      '1_9|FAILED|127:0|n3',
      '1_10|FAILED|0:53|n3',
    ].join('\n'),
  );
  const states = Object.fromEntries([...ends].map(([id, { state }]) => [id, state]));
  assert.deepEqual(states, {
    '1_0': 'ended',
    '1_1': 'failed',
    '1_2': 'lost',
    '1_3': 'lost',
    '1_4': 'lost',
    '1_5': 'lost',
    '1_6': 'lost',
    '1_7': 'lost',
    '1_8': 'lost',
    '1_9': 'failed',
    '1_10': 'failed',
  });
  assert.match(
    ends.get('1_10')?.reason ?? '',
    /^its node could not open the job's log: .* a disk that all nodes share/,
  );
  assert.equal(ends.get('1_2')?.reason, 'preempted');
  assert.equal(ends.get('1_1')?.reason, 'failed with exit code 1');
  assert.equal(ends.get('1_7')?.reason, 'failed, killed by signal 9');
  assert.equal(ends.get('1_8')?.reason, 'out of memory: raise `mem` under `executor`');
});

test('without accounting, scontrol tells the same', () => {
  const text =
    'JobId=2 ArrayJobId=1 ArrayTaskId=0 JobName=tuneboard-demo JobState=COMPLETED Reason=None ExitCode=0:0 NodeList=n1\n' +
    'JobId=3 ArrayJobId=1 ArrayTaskId=1 JobName=x JobState=FAILED Reason=NonZeroExitCode ExitCode=3:0 NodeList=n1\n' +
    'JobId=1 ArrayJobId=1 ArrayTaskId=2-3%2 JobState=PENDING Reason=Resources ExitCode=0:0 NodeList=(null)\n';
  const jobs = readJobs(text);
  assert.deepEqual(
    [...jobs].map(([id, { state }]) => [id, state]),
    [
      ['1_0', 'ended'],
      ['1_1', 'failed'],
      ['1_2', 'queued'],
      ['1_3', 'queued'],
    ],
  );
});

test('what sbatch refuses is said without its frame; a limit is named, and what to do', () => {
  const refused = (...lines: string[]) => refusalOf(`${lines.map((line) => `sbatch: error: ${line}`).join('\n')}\n`);
  const failed = (reason: string) => `Batch job submission failed: ${reason}`;
  assert.equal(refused(failed('Invalid partition name specified')), 'Invalid partition name specified');
  assert.equal(
    refused('Memory specification can not be satisfied', failed('Requested node configuration is not available')),
    'Requested node configuration is not available',
  );
  assert.match(refused(failed('Invalid job array specification')), /: set `parallel` below its MaxArraySize$/);
  assert.equal(
    refused(
      'QOSMaxSubmitJobPerUserLimit',
      failed("Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"),
    ),
    "QOSMaxSubmitJobPerUserLimit, Job violates accounting/QOS policy (job submit limit, user's size and/or time limits): ask for less under `executor`, lower `parallel`, or name another `qos` or `account`",
  );
  assert.equal(refused('Invalid --time specification'), 'Invalid --time specification');
  assert.equal(refusalOf('sh: 1: sbatch: Permission denied\n'), 'sh: 1: sbatch: Permission denied');
  assert.equal(refusalOf(''), 'no reason was given');
});

test('no answer of a command, however mangled, is more than it says or takes this down', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom('|', '_', '[', ']', '7', '-', '%', '\n', 'RUNNING', 'FAILED', '0:53')),
      (noise, words) => {
        for (const text of [noise, words.join(''), `${words.join('')}${noise}`]) {
          for (const read of [readQueue, readAccounts, readJobs])
            for (const { state } of read(text).values()) assert.ok(state);
          assert.equal(typeof refusalOf(text), 'string');
        }
      },
    ),
  );
});
