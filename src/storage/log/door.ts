/** Printed logs of runs: they are read only. */
import type { FileRules } from '../regularFile.ts';
import { TextLog } from './textLog.ts';

export function openLog(path: string, rules: FileRules) {
  return TextLog.open(path, rules);
}
