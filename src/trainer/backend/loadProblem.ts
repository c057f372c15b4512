import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const INSTEAD = 'without TensorFlow the trainer runs on WebAssembly';

/**
 * What the system's loader says of a library that this machine cannot give what it asks for, as a sentence for people: what
 * the machine has, what is needed, and what computes instead. Knows the words of glibc and of musl.
 * @param message of the error that loading the addon threw
 * @returns undefined when it says something else
 */
export function loadProblem(message: string): string | undefined {
  const [, library, version, by] =
    message.match(/(?<!\S)(\S{1,500}): version [`'"](\w+_[\d.]+)['"] not found \(required by ([^)\n]{1,500})\)/) ?? [];
  if (library && version && by) {
    const needed = version.replace(/^GLIBC_/, 'glibc ');
    return `this machine has ${newest(library, version)}, and ${basename(by)} needs ${needed}: ${INSTEAD}`;
  }
  const missing =
    message.match(
      /^(?:Error loading shared library )?((?:ld-linux|lib(?:c|m|dl|rt|pthread|stdc\+\+|gcc_s)\.so)[^\s/]*): .*No such file/,
    ) ?? message.match(/^Error relocating .+?: (\S+): symbol not found/);
  // As buildNative.mjs has it, where the addon is held to it.
  const needed = 'glibc 2.28 and libstdc++ of GCC 8, or newer';
  return missing ? `this machine has no ${missing[1]}, and TensorFlow needs ${needed}: ${INSTEAD}` : undefined;
}

/** The newest version in the library of what is asked for. A library names in itself every version that it has. */
function newest(library: string, version: string): string {
  const name = version.slice(0, version.lastIndexOf('_'));
  if (name === 'GLIBC') {
    const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
    if (header?.glibcVersionRuntime) return `glibc ${header.glibcVersionRuntime}`;
  }
  try {
    const has = readFileSync(library, 'latin1').match(new RegExp(`\\b${name}_\\d[\\d.]*`, 'g')) ?? [];
    const last = has.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
    return `${basename(library)} with ${last ?? `no ${name}`}`;
  } catch {
    return `another ${basename(library)}`;
  }
}
