import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PRUNERS } from '../../../src/core/pruners/prunerMethods.ts';
import { SCRIPT_SAMPLERS } from '../../../src/core/samplers/samplerMethods.ts';
import { Command, ContextKey, HISTORY_PANEL, Setting, View, ViewContainer } from '../../../src/extension/window/ids.ts';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const readJson = (path: string) => JSON.parse(read(path)) as Record<string, unknown>;

interface Manifest {
  activationEvents: string[];
  capabilities: { untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] } };
  contributes: {
    commands: { command: string; title: string; category: string }[];
    menus: Record<string, { command: string; when?: string; group?: string }[]>;
    views: Record<string, { id: string }[]>;
    viewsContainers: { activitybar: { id: string }[] };
    viewsWelcome: { view: string; contents: string; when: string }[];
    configuration: { properties: Record<string, { scope?: string; default?: unknown; markdownDescription?: string }> };
    walkthroughs: { steps: { description: string; completionEvents: string[]; media: Record<string, string> }[] }[];
  };
}

const manifest = readJson('package.json') as unknown as Manifest;
const { contributes } = manifest;
const nls = readJson('package.nls.json') as Record<string, string>;
const nlsChinese = readJson('package.nls.zh-cn.json') as Record<string, string>;
const sorted = (items: Iterable<string>) => [...items].sort();

test('commands, settings and views are the same in package.json and in the code', () => {
  const commands = contributes.commands.map(({ command }) => command);
  assert.deepEqual(sorted(commands), sorted(Object.values(Command)));
  assert.deepEqual(sorted(Object.keys(contributes.configuration.properties)), sorted(Object.values(Setting)));
  const views = Object.values(contributes.views).flat();
  assert.deepEqual(
    views.map(({ id }) => id),
    Object.values(View),
  );
  assert.deepEqual(
    contributes.viewsContainers.activitybar.map(({ id }) => id),
    Object.values(ViewContainer),
  );
  assert.ok(manifest.activationEvents.includes(`onWebviewPanel:${HISTORY_PANEL}`));
});

test('every command has a handler in the one table', () => {
  const table = read('src/extension/commands/commandTable.ts');
  for (const key of Object.keys(Command)) assert.match(table, new RegExp(`\\[Command\\.${key}\\]:`));
});

test('commands have the category and a title in Title Case', () => {
  const small = new Set(['as', 'of', 'a', 'the', 'for', 'with']);
  for (const { title, category, command } of contributes.commands) {
    assert.equal(category, 'Tuneboard');
    const words = (nls[title.slice(1, -1)] ?? '').split(' ');
    assert.ok(words[0], command);
    for (const word of words) assert.ok(small.has(word) || /^[A-Z]/.test(word), `${command}: ${word}`);
  }
});

test('menus name commands that exist, and a row has at most two inline actions', () => {
  const known = new Set<string>(Object.values(Command));
  for (const items of Object.values(contributes.menus)) {
    for (const { command } of items) assert.ok(known.has(command), command);
  }
  const inline = (contributes.menus['view/item/context'] ?? []).filter(({ group }) => group?.startsWith('inline'));
  for (const row of [
    'study.running.hasBest.hasLog',
    'study.resumable.hasBest.hasLog',
    'study',
    'trial.complete.enqueueable.killable.hasParams.hasOutput',
    'trial.running.enqueueable.killable',
  ]) {
    const shown = inline.filter(({ when }) => applies(when ?? '', row));
    assert.ok(shown.length <= 2, `${row}: ${shown.map(({ command }) => command)}`);
  }
  assert.equal(inline.filter(({ when }) => applies(when ?? '', 'study.running.hasBest.hasLog')).length, 2);
});

/** Whether the `viewItem =~ /…/` parts of a when-clause take a context value. */
function applies(when: string, contextValue: string): boolean {
  const patterns = [...when.matchAll(/viewItem =~ \/(.*?)\/(?= |$)/g)];
  return patterns.length > 0 && patterns.every(([, pattern]) => new RegExp(pattern as string).test(contextValue));
}

test('context keys of when-clauses are the ones that the code sets', () => {
  const text = JSON.stringify([contributes.menus, contributes.viewsWelcome, contributes.walkthroughs]);
  const known = new Set<string>([...Object.values(ContextKey), ...Object.values(Command), ...Object.values(View)]);
  for (const [name] of text.matchAll(/tuneboard\.\w+(?:\.\w+)?/g)) {
    assert.ok(known.has(name) || known.has(name.replace(/\.focus$/, '')), name);
  }
  const used = new Set(text.match(/tuneboard\.(ready|startable|started|trialFinished|historyShown|inserted)\b/g));
  assert.deepEqual(sorted(used), sorted(Object.values(ContextKey)));
});

test('settings have scope, default and description; those that decide what runs are restricted', () => {
  for (const [id, setting] of Object.entries(contributes.configuration.properties)) {
    assert.ok(setting.scope, id);
    assert.notEqual(setting.default, undefined, id);
    assert.ok(nls[(setting.markdownDescription ?? '').slice(1, -1)], id);
  }
  const { untrustedWorkspaces } = manifest.capabilities;
  assert.equal(untrustedWorkspaces.supported, 'limited');
  assert.deepEqual(untrustedWorkspaces.restrictedConfigurations, [
    Setting.pythonInterpreterPath,
    Setting.optunaAttach,
    Setting.trainerTensorflowPath,
  ]);
});

test('nothing makes the extension start with the window', () => {
  assert.ok(!manifest.activationEvents.some((event) => event === '*' || event === 'onStartupFinished'));
});

test('every text of package.json is there in English and Chinese', () => {
  const used = new Set([...read('package.json').matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key as string));
  assert.deepEqual(sorted(Object.keys(nls)), sorted(used));
  assert.deepEqual(sorted(Object.keys(nlsChinese)), sorted(used));
  for (const key of used) assert.notEqual(nlsChinese[key], '', key);
});

test('links of welcome pages and walkthrough name the same commands in both languages', () => {
  const links = (text: string) => sorted(text.match(/\(command:[\w.]+\)/g) ?? []);
  for (const [key, text] of Object.entries(nls)) assert.deepEqual(links(nlsChinese[key] ?? ''), links(text), key);
});

test('studies know nothing of the editor', () => {
  for (const path of globSync('src/extension/studies/**/*.ts', { cwd: root })) {
    assert.doesNotMatch(read(path), /from 'vscode/, path);
  }
});

test('settings offer every sampler and pruner for Optuna scripts', () => {
  const { contributes } = readJson('package.json') as {
    contributes: { configuration: { properties: Record<string, { enum?: readonly string[] }> } };
  };
  const { properties } = contributes.configuration;
  assert.deepEqual(properties['tuneboard.optuna.sampler']?.enum, ['', ...SCRIPT_SAMPLERS]);
  const pruners = Object.keys(PRUNERS).filter((type) => type !== 'none');
  assert.deepEqual(properties['tuneboard.optuna.pruner']?.enum, ['', ...pruners]);
});
