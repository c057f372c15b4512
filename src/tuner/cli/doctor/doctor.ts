import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { newSocketPath, pythonNames, venvPython } from '../../../runs/platform.ts';
import { print } from '../../render/print.ts';
import { table } from '../../render/text.ts';
import { backendStates } from '../backend.ts';
import { EXIT, type ExitCode, oneLine } from '../exitCodes.ts';
import { studyFindings } from './doctorStudies.ts';

const execute = promisify(execFile);

/** One line of the report. */
export interface Finding {
  readonly what: string;
  readonly found: string;
  /** What its absence means; undefined when it is there. */
  readonly missing?: string;
}

/**
 * `tuneboard doctor`: what is installed here, what each missing part would give, and whether the storages and clusters of
 * study files can be used. Fails where one of those that were named cannot.
 */
export async function doctorCommand(targets: readonly string[], python: string | undefined): Promise<ExitCode> {
  const studies = await studyFindings(targets);
  const findings = [
    { what: 'Node', found: process.versions.node },
    await checkSqlite(),
    checkSockets(),
    ...(await checkPython(python)),
    ...(await checkBackends()),
    ...studies,
  ];
  const rows = findings.map(({ what, found, missing }) => [missing ? '✗' : '✓', what, found]);
  for (const [index, line] of table(rows).entries()) {
    const { missing } = findings[index] as Finding;
    print(`${line}${missing ? `  ${oneLine(missing)}` : ''}`);
  }
  return targets.length > 0 && studies.some(({ missing }) => missing !== undefined) ? EXIT.failed : EXIT.done;
}

async function checkSqlite(): Promise<Finding> {
  try {
    await import('node:sqlite');
    return { what: 'node:sqlite', found: 'there' };
  } catch {
    const missing = 'Node 22.5 or newer would let you open Optuna studies in SQLite files.';
    return { what: 'node:sqlite', found: 'not there', missing };
  }
}

function checkSockets(): Finding {
  try {
    newSocketPath();
    return { what: 'control socket', found: 'can be made' };
  } catch (error) {
    return { what: 'control socket', found: 'cannot be made', missing: (error as Error).message };
  }
}

async function checkPython(named: string | undefined): Promise<Finding[]> {
  const local = ['.venv', 'venv'].map((name) => venvPython(resolve(name))).filter((path) => existsSync(path));
  const active = process.env['VIRTUAL_ENV'] ? [venvPython(process.env['VIRTUAL_ENV'])] : [];
  const candidates = named ? [named] : [...active, ...local, ...pythonNames()];
  for (const program of candidates) {
    const versions = await pythonVersions(program);
    if (!versions) continue;
    return [
      { what: 'Python', found: `${versions['python']} (${versions['executable']})` },
      ...PACKAGES.map((name) => packageFinding(name, versions)),
    ];
  }
  const missing = 'Install Python to run Python scripts; commands in other languages need none.';
  return [{ what: 'Python', found: named ? `${named} does not run` : 'not found', missing }];
}

/** What the built-in trainer can compute with: the first that works is used. */
async function checkBackends(): Promise<Finding[]> {
  const states = await backendStates();
  return states.map(({ name, ok, why }) => {
    const base = { what: `trainer on ${name}`, found: ok ? why : 'not usable' };
    if (ok) return base;
    const isMissing = name === 'tensorflow' && why.startsWith('it is not installed');
    return { ...base, missing: isMissing ? TENSORFLOW_GIVES : `${why}.` };
  });
}

const TENSORFLOW_GIVES = '"tuneboard backend install" would let studies of the trainer run several times faster.';

const USES: Readonly<Record<string, string>> = {
  optuna: '"pip install optuna" would let you run scripts that use Optuna.',
  sklearn: '"pip install scikit-learn" is needed by the example in examples/optuna only.',
  transformers: '"pip install transformers torch" is needed for Trainer.hyperparameter_search only.',
};
const PACKAGES = Object.keys(USES);

function packageFinding(name: string, versions: Readonly<Record<string, string | null>>): Finding {
  const version = versions[name];
  const base = { what: name, found: version ?? 'not installed' };
  return version ? base : { ...base, missing: USES[name] as string };
}

/** Versions by importlib.metadata: importing the packages themselves takes seconds. */
const PROBE = `
import json, platform, sys
from importlib import metadata, util
names = {"optuna": "optuna", "sklearn": "scikit-learn", "transformers": "transformers"}
found = {"python": platform.python_version(), "executable": sys.executable}
for module, package in names.items():
    try:
        found[module] = metadata.version(package)
    except metadata.PackageNotFoundError:
        found[module] = "there" if util.find_spec(module) else None
print(json.dumps(found))
`;

async function pythonVersions(program: string): Promise<Record<string, string | null> | undefined> {
  try {
    const { stdout } = await execute(program, ['-c', PROBE], { timeout: 20_000, windowsHide: true });
    return JSON.parse(stdout) as Record<string, string | null>;
  } catch {
    return undefined;
  }
}
