import { delimiter, join } from 'node:path';
import type { Params } from '../../../core/space/distributions.ts';
import type { SearchSpace } from '../../../core/space/searchSpace.ts';
import { dumpJson, PythonNumber } from '../../../core/text/pythonJson.ts';
import { pythonFloat, pythonRepr, pythonString } from '../../../core/text/pythonRepr.ts';
import { makeOwnFolder, writeOwnFile } from '../../../runs/ownFiles.ts';
import { fillPlaceholders, isWandbMacro, placeholdersIn } from '../../../studyfile/commandLine.ts';
import { pythonFolder } from '../../pythonFolder.ts';
import { argumentText } from './arguments.ts';

type Config = Readonly<Record<string, unknown>>;

/** `wandb.config` of one trial, and what W&B's agent makes of it for a command. */
export class WandbTrial {
  readonly #config: Config;
  readonly #folder: string;

  /** `template` has a placeholder where a trial's value belongs; entries of inactive parameters are left out. */
  constructor(template: Config, params: Params, space: SearchSpace, folder: string) {
    const floats = new Set(
      space.parameters.filter(({ distribution }) => distribution.type === 'float').map(({ name }) => name),
    );
    this.#config = filledEntries(template, params, floats);
    this.#folder = folder;
  }

  /** The words of a command in which `render` fills in the ordinary ones, as `wandb agent` builds it. */
  words(template: readonly string[], render: (words: readonly string[]) => string[]): string[] {
    const words: string[] = [];
    let ordinary: string[] = [];
    for (const word of template) {
      if (!isWandbMacro(word)) ordinary.push(word);
      else {
        words.push(...render(ordinary), ...this.#macro(word.slice(2, -1)));
        ordinary = [];
      }
    }
    return [...words, ...render(ordinary)].map((word) =>
      word.replace(/\$\{envvar:([A-Z0-9_]{1,200})\}/g, (_, name: string) => process.env[name] ?? name),
    );
  }

  #macro(name: string): string[] {
    const entries = Object.entries(this.#config);
    const pairs = entries.map(([key, value]) => `${key}=${pythonText(value)}`);
    switch (name) {
      case 'args':
        return pairs.map((pair) => `--${pair}`);
      case 'args_no_hyphens':
        return pairs;
      case 'args_append_hydra':
        return pairs.map((pair) => `+${pair}`);
      case 'args_override_hydra':
        return pairs.map((pair) => `++${pair}`);
      case 'args_no_equals':
        return entries.flatMap(([key, value]) => [`--${key}`, pythonText(value)]);
      case 'args_no_boolean_flags':
        return entries.flatMap(([key, value]) =>
          typeof value === 'boolean' ? (value ? [`--${key}`] : []) : [`--${key}=${pythonText(value)}`],
        );
      case 'args_json':
        return [this.#json()];
      case 'args_json_file': {
        const path = join(this.#folder, 'wandb.json');
        this.#write(path, this.#json());
        return [path];
      }
      default:
        return [];
    }
  }

  #json(): string {
    return dumpJson(this.#config, 'spaced');
  }

  /** Offline, unless the program's environment says otherwise; what W&B writes goes to the trial's folder. */
  environment(
    env: Readonly<Record<string, string | undefined>>,
    wanted: readonly string[],
    studyName: string,
  ): Record<string, string> {
    const path = join(this.#folder, 'wandb.yaml');
    const entries = Object.entries(this.#config).map(([key, value]) => [key, { value: yamlValue(value) }] as const);
    this.#write(path, `${dumpJson({ wandb_version: 1, ...Object.fromEntries(entries) }, 'spaced')}\n`);
    return {
      WANDB_MODE: env['WANDB_MODE'] ?? 'offline',
      WANDB_DIR: env['WANDB_DIR'] ?? this.#folder,
      WANDB_SWEEP_ID: studyName.replace(/\W/g, '-').slice(0, 100) || 'tuneboard',
      WANDB_SWEEP_PARAM_PATH: path,
      TUNEBOARD_WANDB: JSON.stringify(wanted),
      PYTHONPATH: [join(pythonFolder, 'sites'), env['PYTHONPATH']].filter(Boolean).join(delimiter),
    };
  }

  #write(path: string, text: string): void {
    makeOwnFolder(this.#folder);
    writeOwnFile(path, text);
  }
}

function filledEntries(template: Config, params: Params, floats: ReadonlySet<string>): Config {
  return Object.fromEntries(
    Object.entries(template)
      .map(([key, value]) => [key, filled(value, params, floats)] as const)
      .filter(([, value]) => value !== undefined),
  );
}

/** Undefined where a parameter is inactive. */
function filled(value: unknown, params: Params, floats: ReadonlySet<string>): unknown {
  if (typeof value === 'string') {
    const places = placeholdersIn(value);
    if (places.some(({ name }) => !Object.hasOwn(params, name))) return undefined;
    const [place] = places;
    if (place && place.start === 0 && place.end === value.length) return typed(place.name, params, floats);
    return fillPlaceholders(value, (name) => argumentText(params[name] ?? null));
  }
  if (typeof value === 'number') return Number.isInteger(value) ? value : new PythonNumber(pythonFloat(value));
  if (Array.isArray(value)) return value.map((item) => filled(item, params, floats) ?? null);
  return typeof value === 'object' && value !== null ? filledEntries(value as Config, params, floats) : value;
}

/** A list or an object is a choice as its JSON text, and a list or an object again for the program. */
function typed(name: string, params: Params, floats: ReadonlySet<string>): unknown {
  const value = params[name];
  if (typeof value === 'number' && (floats.has(name) || !Number.isInteger(value)))
    return new PythonNumber(pythonFloat(value));
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** As `str()` prints it. */
function pythonText(value: unknown): string {
  return typeof value === 'string' ? value : repr(value);
}

function repr(value: unknown): string {
  if (value instanceof PythonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return pythonRepr(value);
  return `{${Object.entries(value)
    .map(([key, one]) => `${pythonString(key)}: ${repr(one)}`)
    .join(', ')}}`;
}

/** To PyYAML a number with an exponent and without a point is a word. */
function yamlValue(value: unknown): unknown {
  if (value instanceof PythonNumber) return new PythonNumber(value.text.replace(/^(-?\d+)e/, '$1.0e'));
  if (Array.isArray(value)) return value.map(yamlValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, yamlValue(one)]));
}
