import { asRecord } from '../../studyfile/checks/report.ts';
import { isModuleFile, splitCommandLine } from '../../studyfile/commandLine.ts';
import { readStudyDocument, toPlain } from '../../studyfile/editing/document.ts';
import { programLine } from '../../studyfile/launching/programLine.ts';

/** The program of a study file: files that it may be, relative to the study file's folder, the likeliest first. */
export function programFiles(text: string): string[] {
  const objective = asRecord(asRecord(toPlain(readStudyDocument(text)))['objective']);
  const { optuna, module } = objective;
  const cwd = typeof objective['cwd'] === 'string' ? objective['cwd'] : '.';
  if (typeof optuna === 'string') return [optuna];
  if (typeof module === 'string') return isModuleFile(module) ? [module] : moduleFiles(cwd, module);
  const line = programLine(commandWords(objective['command']));
  if (line?.script) return [joined(cwd, line.script)];
  return line?.module ? moduleFiles(cwd, line.module) : [];
}

/** The words of a command; none while a quote is open. */
export function commandWords(command: unknown): string[] {
  if (Array.isArray(command)) return command.map(String);
  return typeof command === 'string' ? (splitCommandLine(command) ?? []) : [];
}

function moduleFiles(cwd: string, module: string): string[] {
  const path = joined(cwd, module.replaceAll('.', '/'));
  return [`${path}.py`, `${path}/__main__.py`];
}

function joined(cwd: string, path: string): string {
  return cwd === '.' || /^([\\/]|[A-Za-z]:)/.test(path) ? path : `${cwd}/${path}`;
}
