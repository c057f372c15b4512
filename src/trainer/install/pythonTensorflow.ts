import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './runProgram.ts';

/** What an interpreter can give: an installed TensorFlow's folder and version, and a pip to download with. */
export interface PythonOffer {
  readonly executable: string;
  readonly tensorflow: { readonly folder: string; readonly version: string } | null;
  readonly hasPip: boolean;
}

/** Nothing is imported: TensorFlow takes seconds, and prints. */
const PROBE = `
import importlib.util as util, json, os, sys
folder = version = None
try:
    spec = util.find_spec("tensorflow")
    if spec and spec.submodule_search_locations:
        folder = os.path.abspath(list(spec.submodule_search_locations)[0])
        from importlib import metadata
        for name in ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tf-nightly"):
            try:
                version = metadata.version(name)
                break
            except metadata.PackageNotFoundError:
                pass
except Exception:
    pass
print(json.dumps({"executable": sys.executable, "folder": folder, "version": version, "pip": util.find_spec("pip") is not None}))
`;

/** Asks an interpreter; undefined when it does not run. */
export async function askPython(program: string, signal?: AbortSignal): Promise<PythonOffer | undefined> {
  const { code, stdout } = await runProgram(program, ['-c', PROBE], signal && { signal });
  if (code !== 0) return undefined;
  const answer = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as {
    executable: string;
    folder: string | null;
    version: string | null;
    pip: boolean;
  };
  const isWhole = answer.folder !== null && existsSync(join(answer.folder, 'libtensorflow_cc.so.2'));
  return {
    executable: answer.executable,
    tensorflow: isWhole ? { folder: answer.folder as string, version: answer.version ?? 'unknown' } : null,
    hasPip: answer.pip,
  };
}
