import { print, printError } from '../render/print.ts';
import { startWorker, type WorkerOptions } from '../worker/runWorker.ts';
import { unsealPassword } from '../worker/sealedPassword.ts';
import { NOTHING_LEFT } from '../worker/trialEcho.ts';
import { EXIT, type ExitCode, oneLine } from './exitCodes.ts';

/**
 * `tuneboard worker`: works on a study until its budget is reached. SIGINT once: no new trials; SIGTERM, SIGHUP or SIGINT
 * twice: the running trials are given to other workers.
 */
export async function workerCommand(options: WorkerOptions): Promise<ExitCode> {
  unsealPassword(process.argv[1] ?? '');
  const worker = await startWorker(options);
  let interrupts = 0;
  const onInterrupt = () => worker.stop(interrupts++ === 0 ? 'afterCurrent' : 'now');
  const onEnd = () => {
    interrupts++;
    worker.stop('now');
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onEnd);
  process.on('SIGHUP', onEnd);
  const { state, message } = await worker.ended;
  process.off('SIGINT', onInterrupt);
  process.off('SIGTERM', onEnd);
  process.off('SIGHUP', onEnd);
  if (state === 'failed') {
    printError(`tuneboard: ${oneLine(message?.text ?? 'The study failed.')}`);
    return EXIT.failed;
  }
  if (interrupts === 0) print(NOTHING_LEFT);
  return interrupts > 0 && state === 'stopped' ? EXIT.interrupted : EXIT.done;
}
