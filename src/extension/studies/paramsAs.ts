import { dumpJson } from '../../core/text/pythonJson.ts';
import { pythonRepr } from '../../core/text/pythonRepr.ts';
import { shownShellWord } from '../../core/text/shellWord.ts';
import type { BestTrial } from '../../protocol/editor.ts';

export type ParamsFormat = 'python' | 'json' | 'yaml' | 'arguments';

type Param = BestTrial['params'][number];

/** A trial's parameters as text to paste. */
export function paramsAs(format: ParamsFormat, params: readonly Param[]): string {
  switch (format) {
    case 'python':
      return `{\n${params.map((param) => `    ${pythonRepr(param.name)}: ${python(param)},\n`).join('')}}`;
    case 'json':
      return `{\n${params.map(({ name, value }) => `  ${JSON.stringify(name)}: ${dumpJson(value)}`).join(',\n')}\n}`;
    case 'yaml':
      return params.map((param) => `${yamlKey(param.name)}: ${yaml(param)}\n`).join('');
    case 'arguments':
      return params.map((param) => `${shownShellWord(`--${param.name}`)} ${shownShellWord(plain(param))}`).join(' ');
    default:
      return format satisfies never;
  }
}

function python({ value, kind }: Param): string {
  return pythonRepr(value, kind === 'categorical' ? undefined : kind);
}

/** As a command line or a shell would be given it: a string without quotes, a number as Python prints it. */
function plain(param: Param): string {
  return typeof param.value === 'string' ? param.value : python(param);
}

/** JSON is YAML; only a float needs care, since YAML 1.1 reads `1e-05` as text. */
function yaml({ value, kind }: Param): string {
  if (typeof value === 'number' && Number.isFinite(value) && kind === 'float') {
    const text = pythonRepr(value, 'float');
    return /^-?\d+e/.test(text) ? text.replace('e', '.0e') : text;
  }
  if (typeof value === 'string' && isPlainYaml(value)) return value;
  return typeof value === 'number' && !Number.isFinite(value) ? yamlSpecial(value) : JSON.stringify(value);
}

function yamlSpecial(value: number): string {
  return Number.isNaN(value) ? '.nan' : value > 0 ? '.inf' : '-.inf';
}

const YAML_WORDS = /^(y|n|yes|no|on|off|true|false|null|nan|inf)$/i;

/** Words that no YAML version reads as anything but text. */
function isPlainYaml(text: string): boolean {
  return /^[A-Za-z_][\w./-]*$/.test(text) && !YAML_WORDS.test(text);
}

function yamlKey(name: string): string {
  return isPlainYaml(name) ? name : JSON.stringify(name);
}
