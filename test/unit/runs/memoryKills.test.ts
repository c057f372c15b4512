/** Where the kernel counts whom it has killed for memory, in each version of its control groups. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryKills } from '../../../src/tuner/run/processTree.ts';

const on = (files: Readonly<Record<string, string>>) => memoryKills((path) => files[path]?.split('\n') ?? []);
const machine = { '/proc/vmstat': 'nr_free_pages 1\noom_kill 9\nswap_ra 0\n' };

test('a job of Slurm is counted for itself, in the first and in the second version', () => {
  const first = '/slurm_n1/uid_0/job_7/step_batch/task_0';
  assert.equal(
    on({
      ...machine,
      '/proc/self/cgroup': `9:name=systemd:/\n4:cpu,memory:${first}\n0::/\n`,
      [`/sys/fs/cgroup/memory${first}/memory.oom_control`]: 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
    }),
    2,
  );
  const second = '/system.slice/slurmstepd.scope/job_7/step_batch/user/task_0';
  assert.equal(
    on({
      ...machine,
      '/proc/self/cgroup': `0::${second}\n`,
      [`/sys/fs/cgroup${second}/memory.events`]: 'low 0\nhigh 0\nmax 31\noom 3\noom_kill 3\noom_group_kill 0\n',
    }),
    3,
  );
});

test('a container whose group has colons in its name is counted for itself', () => {
  const group = '/system.slice/kubepods-pod7.slice:cri-containerd:1f';
  assert.equal(
    on({
      ...machine,
      '/proc/self/cgroup': `0::${group}\n`,
      [`/sys/fs/cgroup${group}/memory.events`]: 'oom_kill 4\n',
    }),
    4,
  );
});

test("uses the machine's counter elsewhere, and none where there is none", () => {
  assert.equal(on({ ...machine, '/proc/self/cgroup': '0::/\n' }), 9);
  assert.equal(on({}), undefined);
});
