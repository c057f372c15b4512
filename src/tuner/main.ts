#!/usr/bin/env node
import { EXIT, reportError } from './cli/exitCodes.ts';
import { createProgram } from './cli/program/program.ts';
import { printError } from './render/print.ts';
import { isNodeRecent, OLDEST_NODE } from './version.ts';

if (!isNodeRecent(process.versions.node)) {
  printError(
    `tuneboard needs Node ${OLDEST_NODE} or newer, and this is Node ${process.versions.node}: install a newer Node.`,
  );
  process.exit(EXIT.failed);
}

// A reader that went away (`tuneboard trials … | head`) is no error, and no reason to drop a running study.
const isStudy = ['run', 'worker'].includes(process.argv[2] ?? '');
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' && !isStudy) process.exit(EXIT.done);
});
process.stderr.on('error', () => undefined);

try {
  await createProgram(process.argv[1] ?? '').parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportError(error, printError);
}
