#!/usr/bin/env node
import { EXIT, reportError } from './cli/exitCodes.ts';
import { createProgram } from './cli/program.ts';
import { printError } from './render/print.ts';

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
