/**
 * Writes docs/reference and docs/zh/reference from the code: the schema of the study file, the tables of methods, the command
 * line, the manifest of the extension, and the list of environment variables. `npm run docs` runs it; a unit test holds the
 * committed pages to what it gives.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { MethodSpec, OptionSpec } from '../src/core/methodOptions.ts';
import { PRUNERS } from '../src/core/pruners/prunerMethods.ts';
import { SAMPLERS } from '../src/core/samplers/samplerMethods.ts';
import { SCHEDULERS } from '../src/core/schedulers/schedulerMethods.ts';
import { snakeCase } from '../src/core/text/letterCase.ts';
import { describedIn } from '../src/studyfile/say.ts';
import { studyFileJsonSchema } from '../src/studyfile/schema/schema.ts';
import { createProgram } from '../src/tuner/cli/program/program.ts';
import { ENVIRONMENT, type Variable } from './environment.ts';

const here = dirname(fileURLToPath(import.meta.url));

type Language = 'en' | 'zh';

/** A text in both languages. */
type Both = Readonly<Record<Language, string>>;

const LOCALE: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-cn' };

/** What the pages say beside the descriptions of the code. */
const WORDS = {
  generated: {
    en: 'This page is generated from the code by `docs/generate.ts`: change the code, then run `npm run docs`.',
    zh: '本页由 `docs/generate.ts` 根据代码生成：请修改代码，然后运行 `npm run docs`。',
  },
  onlyEnglish: { en: '', zh: '命令行只有英文，因此以下说明为英文。' },
  key: { en: 'key', zh: '键' },
  option: { en: 'option', zh: '选项' },
  value: { en: 'value', zh: '值' },
  default: { en: 'default', zh: '默认值' },
  meaning: { en: 'meaning', zh: '含义' },
  setting: { en: 'setting', zh: '设置' },
  command: { en: 'command', zh: '命令' },
  variable: { en: 'variable', zh: '变量' },
  title: { en: 'title', zh: '名称' },
  required: { en: 'Required', zh: '必填' },
  decided: { en: 'decided by the method', zh: '由方法决定' },
  noOptions: { en: 'It has no options.', zh: '没有选项。' },
  seed: { en: 'Every sampler also takes a `seed`.', zh: '每个采样器另有 `seed`。' },
  wraps: {
    en: 'It also takes the options of the pruner that it wraps.',
    zh: '另外接受被包装的剪枝器的选项。',
  },
} as const satisfies Readonly<Record<string, Both>>;

const HEADINGS = {
  'study-file': {
    title: { en: 'Study file', zh: '研究文件' },
    intro: {
      en: 'Every key of a `*.study.yaml`. The editor completes, explains and checks the same keys. [First study](../guide/first-study.md) shows a whole file.',
      zh: '`*.study.yaml` 的全部键。编辑器会补全、解释并检查这些键。完整的文件见[第一个研究](../guide/first-study.md)。',
    },
  },
  samplers: {
    title: { en: 'Samplers', zh: '采样器' },
    intro: {
      en: 'A sampler proposes the parameters of the next trial: `sampler: tpe`, or a block with `type` and options. [Benchmarks](../benchmarks.md) has how they compare.',
      zh: '采样器提出下一次试验的参数：`sampler: tpe`，或带 `type` 和选项的块。各采样器的比较见 [Benchmarks](../../benchmarks.md)（英文）。',
    },
  },
  pruners: {
    title: { en: 'Pruners', zh: '剪枝器' },
    intro: {
      en: 'A pruner ends a trial early by its intermediate values: `pruner: median`, or a block with `type` and options.',
      zh: '剪枝器根据中间值提前结束试验：`pruner: median`，或带 `type` 和选项的块。',
    },
  },
  schedulers: {
    title: { en: 'Schedulers', zh: '调度器' },
    intro: {
      en: 'A scheduler decides how far each trial is trained: `scheduler: { type: hyperband, max_resource: 81 }`. [Any command](../guide/any-command.md#training-in-parts) says what a program has to do.',
      zh: '调度器决定每次试验训练多久：`scheduler: { type: hyperband, max_resource: 81 }`。程序需要做什么见[任意命令](../guide/any-command.md#分段训练)。',
    },
  },
  cli: {
    title: { en: 'Command line', zh: '命令行' },
    intro: {
      en: '`tuneboard` is `node dist/tuneboard.mjs` in a checkout. STORAGE is a storage, or the study file, the script or the name of a study that was run here. Exit codes: 0 done, 1 the study or the objective failed, 2 wrong usage, 130 interrupted.',
      zh: '在源码目录中，`tuneboard` 即 `node dist/tuneboard.mjs`。STORAGE 是存储，也可以是在这里运行过的研究的研究文件、脚本或名称。退出码：0 完成，1 研究或目标失败，2 用法错误，130 被中断。',
    },
  },
  settings: {
    title: { en: 'Settings and commands', zh: '设置与命令' },
    intro: {
      en: 'Settings of the extension, and the commands that the palette shows with the prefix **Tuneboard:**.',
      zh: '扩展的设置，以及命令面板中以 **Tuneboard:** 开头的命令。',
    },
  },
  environment: {
    title: { en: 'Environment variables', zh: '环境变量' },
    intro: {
      en: 'What a trial is told by its environment, and what Tuneboard reads from yours.',
      zh: '试验从环境中得到什么，Tuneboard 又从你的环境中读取什么。',
    },
  },
} as const satisfies Readonly<Record<string, { readonly title: Both; readonly intro: Both }>>;

type Page = keyof typeof HEADINGS;

/** A bar would end the cell; outside of code a bracket would be a tag. */
function cell(text: string): string {
  const spans = text.replaceAll('|', '\\|').replaceAll('\n', ' ').split('`');
  return spans.map((span, at) => (at % 2 === 1 ? span : span.replaceAll('<', '&lt;'))).join('`');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const code = (text: string) => `\`${text}\``;

// Methods

function methodPage(methods: Readonly<Record<string, MethodSpec & { wraps?: string }>>, language: Language): string {
  const said = (text: string) => describedIn(LOCALE[language], text);
  const names = Object.entries(methods).map(([type, { about }]) => [
    `[${code(type)}](#${type.replaceAll('_', '-')})`,
    said(about),
  ]);
  const sections = Object.entries(methods).map(([type, { about, options, wraps }]) => {
    const rows = Object.entries(options).map(([name, spec]) => [
      code(snakeCase(name)),
      valuesOf(spec),
      spec.default === null ? WORDS.decided[language] : code(String(spec.default)),
      said(spec.about),
    ]);
    const head = [WORDS.option, WORDS.value, WORDS.default, WORDS.meaning].map((word) => word[language]);
    const body = rows.length > 0 ? table(head, rows) : WORDS.noOptions[language];
    const parts = [`## ${type}`, said(about), body, ...(wraps ? [WORDS.wraps[language]] : [])];
    return parts.join('\n\n');
  });
  const kind = methods === SAMPLERS ? [WORDS.seed[language]] : [];
  return [table(['', WORDS.meaning[language]], names), ...kind, ...sections].join('\n\n');
}

function valuesOf(spec: OptionSpec): string {
  if (spec.kind === 'choice') return spec.choices.map(code).join(' ');
  if (spec.kind === 'flag') return '`true` `false`';
  if (spec.kind === 'names') return 'list';
  const { min, max } = spec;
  const range =
    min === undefined ? (max === undefined ? '' : ` ≤ ${max}`) : max === undefined ? ` ≥ ${min}` : ` ${min} … ${max}`;
  return `${spec.kind}${range}`;
}

// The study file

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
}

/** Keys whose blocks are pages of their own. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  sampler: 'samplers',
  pruner: 'pruners',
  scheduler: 'schedulers',
};

function studyFilePage(language: Language): string {
  const sections: string[] = [];
  const root = studyFileJsonSchema() as JsonSchema;
  section('', root);
  return sections.join('\n\n');

  function said(text = ''): string {
    return describedIn(LOCALE[language], text);
  }

  function section(path: string, schema: JsonSchema): void {
    const rows: string[][] = [];
    const blocks: [string, JsonSchema][] = [];
    for (const [key, value] of Object.entries(schema.properties ?? {})) {
      const page = ELSEWHERE[key];
      const where = page === undefined ? '' : ` → [${HEADINGS[page as Page].title[language]}](${page}.md)`;
      const must = schema.required?.includes(key) ? ` ${WORDS.required[language]}.` : '';
      rows.push([code(key), typeOf(value), `${said(value.description)}${must}${where}`]);
      if (page === undefined) blocks.push(...blocksOf(path === '' ? key : `${path}.${key}`, value));
    }
    if (path !== '') sections.push(`## ${path}`);
    if (path !== '' && schema.description) sections.push(said(schema.description));
    const { type } = schema.properties ?? {};
    if (type?.const !== undefined && type.description) sections.push(said(type.description));
    sections.push(
      table(
        [WORDS.key, WORDS.value, WORDS.meaning].map((word) => word[language]),
        rows,
      ),
    );
    for (const [name, block] of blocks) section(name, block);
  }
}

/** Blocks of keys that a value may be, each with a name for its heading. */
function blocksOf(path: string, schema: JsonSchema): [string, JsonSchema][] {
  if (schema.properties) {
    const { type } = schema.properties;
    return [[type?.const === undefined ? path : `${path} (type: ${type.const})`, schema]];
  }
  if (typeof schema.additionalProperties === 'object') return blocksOf(`${path}.NAME`, schema.additionalProperties);
  return [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((part) => blocksOf(path, part));
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.enum) return schema.enum.map((word) => code(String(word))).join(' ');
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].map(typeOf).filter((name) => name !== 'null');
  if (parts.length > 0) return [...new Set(parts)].slice(0, 3).join(' / ');
  if (schema.pattern?.includes('ms|s|m|h|d')) return '`90s` `30m` `2h`';
  if (schema.type === 'array') return `[${schema.items ? typeOf(schema.items) : ''}]`;
  if (schema.type === 'object') return '`{ }`';
  return [schema.type ?? ''].flat().join(' / ');
}

// The command line

function cliPage(language: Language): string {
  const program = createProgram('');
  const sections = visible(program).flatMap((command) => commandSection(command, 'tuneboard'));
  return [WORDS.onlyEnglish[language], ...sections].filter((part) => part !== '').join('\n\n');
}

function visible(command: Command): Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help');
}

function commandSection(command: Command, before: string): string[] {
  const name = `${before} ${command.name()}`;
  const inner = visible(command);
  if (inner.length > 0) return inner.flatMap((one) => commandSection(one, name));
  const help = command.createHelp();
  const usage = [
    name,
    ...command.registeredArguments.map((one) => argumentTerm(one.name(), one.required, one.variadic)),
  ];
  const rows = [
    ...command.registeredArguments.map((one) => [code(one.name()), one.description.replaceAll('*', '\\*')]),
    ...help
      .visibleOptions(command)
      .filter((one) => one.long !== '--help')
      .map((one) => [code(one.flags), help.optionDescription(one)]),
  ];
  const body = rows.length > 0 ? [table(['', ''], rows)] : [];
  const about = command.description().replace(/^./, (letter) => letter.toUpperCase());
  return [`## ${name.replace('tuneboard ', '')}`, `${about}.`, `\`\`\`sh\n${usage.join(' ')}\n\`\`\``, ...body];
}

function argumentTerm(name: string, required: boolean, variadic: boolean): string {
  const term = `${name.toUpperCase()}${variadic ? '…' : ''}`;
  return required ? term : `[${term}]`;
}

// Settings and commands

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, Setting>> };
  };
}

interface Setting {
  readonly default: unknown;
  readonly enum?: readonly string[];
  readonly markdownDescription: string;
}

function settingsPage(language: Language): string {
  const read = (name: string) => JSON.parse(readFileSync(join(here, '..', name), 'utf8'));
  const { contributes } = read('package.json') as Manifest;
  const words = read(language === 'zh' ? 'package.nls.zh-cn.json' : 'package.nls.json') as Record<string, string>;
  const said = (text: string) => text.replace(/%([\w.]+)%/g, (_, key) => words[key] ?? key);
  const settings = Object.entries(contributes.configuration.properties).map(([name, setting]) => [
    code(name),
    setting.enum
      ? setting.enum
          .map((word) => (word === '' ? '""' : word))
          .map(code)
          .join(' ')
      : typeof setting.default,
    code(JSON.stringify(setting.default)),
    said(setting.markdownDescription).replace(/`#([\w.]+)#`/g, '`$1`'),
  ]);
  const commands = contributes.commands.map(({ command, title }) => [said(title), code(command)]);
  const head = [WORDS.setting, WORDS.value, WORDS.default, WORDS.meaning].map((word) => word[language]);
  return [
    table(head, settings),
    `## ${WORDS.command[language]}`,
    table([WORDS.title[language], WORDS.command[language]], commands),
  ].join('\n\n');
}

// Environment variables

function environmentPage(language: Language): string {
  return ENVIRONMENT.map(({ heading, variables }) => {
    const rows = variables.map((one: Variable) => [one.names.map(code).join(' '), one[language]]);
    return [`## ${heading[language]}`, table([WORDS.variable[language], WORDS.meaning[language]], rows)].join('\n\n');
  }).join('\n\n');
}

const PAGES: Readonly<Record<Page, (language: Language) => string>> = {
  'study-file': studyFilePage,
  samplers: (language) => methodPage(SAMPLERS, language),
  pruners: (language) => methodPage(PRUNERS, language),
  schedulers: (language) => methodPage(SCHEDULERS, language),
  cli: cliPage,
  settings: settingsPage,
  environment: environmentPage,
};

/** Every generated page by its path below docs/. */
export function generatedPages(): Map<string, string> {
  const pages = new Map<string, string>();
  for (const language of ['en', 'zh'] as const) {
    for (const [name, write] of Object.entries(PAGES)) {
      const { title, intro } = HEADINGS[name as Page];
      const text = [`# ${title[language]}`, intro[language], write(language), `_${WORDS.generated[language]}_`];
      pages.set(`${language === 'zh' ? 'zh/' : ''}reference/${name}.md`, `${text.join('\n\n')}\n`);
    }
  }
  return pages;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of generatedPages()) {
    mkdirSync(dirname(join(here, path)), { recursive: true });
    writeFileSync(join(here, path), text);
  }
}
