import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Distribution } from '../../core/space/distributions.ts';
import type { SpaceParameter } from '../../core/space/searchSpace.ts';
import type { StudyFile } from '../../studyfile/studyFile.ts';
import { print } from '../render/print.ts';
import { loadStudyFile } from '../run/openStudy.ts';
import { EXIT, type ExitCode } from './exitCodes.ts';

/** `tuneboard types FILE`: writes the types of a study's parameters and of its trial beside the study file. */
export function typesCommand(source: string): ExitCode {
  const file = loadStudyFile(source);
  const path = source.replace(/\.ya?ml$/i, '').concat('.d.ts');
  writeFileSync(path, typesOf(file, basename(source)));
  const module = `./${basename(path).replace(/\.d\.ts$/, '.js')}`;
  print([`Wrote ${path}.`, `In the module: import type { Trial } from '${module}';`]);
  return EXIT.done;
}

/** A declaration that needs no package, so that it holds where `tuneboard` is not installed. */
export function typesOf({ space }: StudyFile, name: string): string {
  return `// Made by "tuneboard types ${name.replace(/\s+/g, ' ')}": make it again when the study's space changes.

export interface Params {
${space.parameters.map(fieldOf).join('\n')}
}

export interface Trial {
  readonly number: number;
  readonly params: Params;
  readonly checkpoint: string | null;
  readonly startStep: number;
  readonly lastReport: number | undefined;
  readonly isMaximised: boolean;
  readonly objectives: readonly { readonly metric: string; readonly direction: 'minimize' | 'maximize' }[];
  report(values: number | Readonly<Record<string, number>>, step?: number): Promise<void>;
  shouldPrune(): Promise<boolean>;
  budget(): Promise<number>;
  setUserAttr(key: string, value: string | number | boolean | null): Promise<void>;
  setConstraint(name: string, value: number): Promise<void>;
  setGradient(gradient: Readonly<Record<string, number>>): Promise<void>;
}
`;
}

/** A parameter with a condition may be missing in a trial. */
function fieldOf({ name, distribution, when }: SpaceParameter): string {
  return `  readonly ${JSON.stringify(name)}${when ? '?' : ''}: ${typeOf(distribution)};`;
}

function typeOf(distribution: Distribution): string {
  if (distribution.type !== 'categorical') return 'number';
  return [...new Set(distribution.choices.map((choice) => JSON.stringify(choice)))].join(' | ');
}
