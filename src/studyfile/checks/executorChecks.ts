import { asRecord, type Raw, type Report, typeOf } from './report.ts';

/** Storages that other machines reach, as far as the file tells; a file only those that share it. */
const IS_SERVER = /^\$\{env:|^(postgres|mysql|mariadb|redis|grpc)\w*(\+\w+)?:\/\//i;
const IS_HERE = /^https?:\/\/(localhost|127\.|\[::1\])/i;
/** As sbatch has it: minutes, mm:ss, hh:mm:ss, d-hh, d-hh:mm, d-hh:mm:ss, or a word. */
const SLURM_TIME = /^(\d+(:\d{1,2}){0,2}|\d+-\d{1,2}(:\d{1,2}){0,2}|infinite|unlimited)$/i;
const COPIES = new Set(['pbt', 'pb2']);

/** What a cluster needs of the rest of the study file. */
export function checkExecutor(file: Raw, report: Report): void {
  const block = asRecord(file['executor']);
  const type = typeOf(file['executor']);
  if (type !== 'ray' && type !== 'slurm') return;
  if (asRecord(file['objective'])['optuna'] !== undefined) report('executor-script', ['executor'], [], { part: 'key' });
  if (file['gpus'] !== undefined) {
    const instead = type === 'ray' ? 'entrypoint_num_gpus' : 'gres';
    report('executor-gpus', ['gpus'], [type, instead], { part: 'key', severity: 'warning' });
  }
  const isElsewhere = type === 'ray' ? checkRay(block, report) : checkSlurm(block, report);
  if (!isElsewhere) return;
  const { storage } = file;
  if (typeof storage !== 'string' || !IS_SERVER.test(storage)) {
    const place = storage === undefined ? 'executor' : 'storage';
    report('executor-storage', [place], [], { part: storage === undefined ? 'key' : 'value', severity: 'warning' });
  }
  const method = typeOf(file['scheduler']);
  if (method !== undefined && COPIES.has(method) && block['checkpoints'] === undefined) {
    report('executor-checkpoints', ['executor'], [method], { part: 'key' });
  }
}

/** Whether its workers are on other machines, as far as the file tells. */
function checkRay(block: Raw, report: Report): boolean {
  const { address } = block;
  if (typeof address === 'string' && !/^https?:\/\//i.test(address)) {
    report('ray-address', ['executor', 'address'], [address]);
  }
  const folder = asRecord(block['runtime_env'])['working_dir'];
  if (typeof folder === 'string' && /^[a-z][a-z0-9+]+:\/\//i.test(folder)) {
    report('ray-working-dir', ['executor', 'runtime_env', 'working_dir'], [folder]);
  }
  return typeof address === 'string' && !IS_HERE.test(address);
}

function checkSlurm(block: Raw, report: Report): boolean {
  const { time, ssh } = block;
  if (typeof time === 'string' && !SLURM_TIME.test(time.trim())) report('slurm-time', ['executor', 'time'], [time]);
  if (block['chdir'] !== undefined && ssh === undefined) {
    report('slurm-chdir', ['executor', 'chdir'], [], { part: 'key', severity: 'warning' });
  }
  return ssh !== undefined;
}
