import type { CodeFile } from '../../insertion/sites.ts';
import { JavaScriptFile } from '../../javascript/javaScriptFile.ts';
import { PythonFile } from '../../python/pythonFile.ts';
import { dataclassArguments } from './dataclassArguments.ts';
import { hydraArguments, omegaConfArguments, type ReadBeside } from './hydraArguments.ts';
import { javaScriptArguments } from './javaScriptArguments.ts';
import { jsonargparseArguments } from './jsonargparseArguments.ts';
import { lightningArguments } from './lightningArguments.ts';
import { javaScriptArgv, pythonArgv } from './placeArguments.ts';
import { argparseArguments } from './pythonArguments.ts';
import { functionArguments } from './pythonFunctions.ts';
import { NO_ARGUMENTS, type ScriptArguments } from './scriptArgument.ts';

/** What a program takes on its command line, as far as its source tells. */
export function scriptArguments(file: CodeFile | null, readBeside: ReadBeside): ScriptArguments {
  const sources: ScriptArguments[] =
    file instanceof PythonFile
      ? [
          dataclassArguments(file),
          lightningArguments(file, readBeside),
          argparseArguments(file),
          jsonargparseArguments(file),
          functionArguments(file),
          hydraArguments(file, readBeside),
          omegaConfArguments(file, readBeside),
          pythonArgv(file),
        ]
      : file instanceof JavaScriptFile
        ? [javaScriptArguments(file), javaScriptArgv(file.text)]
        : [];
  return sources.find((source) => source.arguments.length > 0) ?? NO_ARGUMENTS;
}
