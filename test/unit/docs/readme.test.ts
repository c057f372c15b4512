/** Both READMEs name everything that a person can write: keys of the study file, settings, commands of the command line. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PRUNERS } from '../../../src/core/pruners/prunerMethods.ts';
import { SAMPLERS } from '../../../src/core/samplers/samplerMethods.ts';
import { SCHEDULERS } from '../../../src/core/schedulers/schedulerMethods.ts';
import { snakeCase } from '../../../src/core/text/letterCase.ts';
import { FILE_LIMITS } from '../../../src/storage/regularFile.ts';
import { studyFileJsonSchema } from '../../../src/studyfile/schema/schema.ts';
import { createProgram } from '../../../src/tuner/cli/program.ts';
import { METHODS } from '../../../src/words/en/methods.ts';
import { METHODS_ZH } from '../../../src/words/zh/methods.ts';
import { repository } from '../../support/cache.ts';

/** Keys that only say that they are not available yet. */
const LATER = new Set(['module']);

function keysOf(schema: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(schema)) for (const part of schema) keysOf(part, found);
  else if (typeof schema === 'object' && schema !== null) {
    for (const [key, part] of Object.entries(schema)) {
      if (key === 'properties') for (const name of Object.keys(part as object)) found.add(name);
      keysOf(part, found);
    }
  }
  return found;
}

function settings(): string[] {
  const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
    contributes: { configuration: { properties: object } };
  };
  return Object.keys(manifest.contributes.configuration.properties);
}

test('every document links only to files that are there, and each says where security is described', () => {
  for (const name of ['README.md', 'README.zh-CN.md', 'CONTRIBUTING.md', 'SECURITY.md']) {
    const text = readFileSync(join(repository, name), 'utf8');
    const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^\w+:/.test(link));
    assert.deepEqual(
      links.filter((link) => !existsSync(join(repository, link))),
      [],
      name,
    );
    assert.ok(name === 'SECURITY.md' || links.includes('SECURITY.md'), name);
  }
});

for (const name of ['README.md', 'README.zh-CN.md']) {
  const text = readFileSync(join(repository, name), 'utf8');
  // `when: { other: value }` names `when`, and `run FILE` names `run`.
  const spans = new Set([...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, span = '']) => [span, span.split(/:? /)[0]]));
  const names = (wanted: Iterable<string>) => [...wanted].filter((one) => !spans.has(one));

  test(`${name} names every key of a study file`, () => {
    assert.deepEqual(names([...keysOf(studyFileJsonSchema())].filter((key) => !LATER.has(key))), []);
  });

  test(`${name} has a row for every sampler, pruner and scheduler, with its options`, () => {
    const plain = text.replace(/ +/g, ' ');
    for (const [type, { about, options }] of [SAMPLERS, PRUNERS, SCHEDULERS].flatMap((methods) =>
      Object.entries(methods),
    )) {
      const isChinese = name.includes('zh');
      const written = Object.keys(options).map((option) => `\`${snakeCase(option)}\``);
      const cells = [
        `\`${type}\``,
        (isChinese ? METHODS_ZH : METHODS)[about as keyof typeof METHODS],
        written.join(isChinese ? '、' : ', '),
      ];
      assert.ok(plain.includes(`| ${cells.join(' | ')} |`.replace(/ +/g, ' ')), cells.join(' | '));
    }
  });

  test(`${name} names every environment variable that a command is given`, () => {
    const source = readFileSync(
      join(repository, 'src', 'tuner', 'objective', 'command', 'commandObjective.ts'),
      'utf8',
    );
    const variables = new Set(source.match(/\bTUNEBOARD_[A-Z_]+/g));
    assert.ok(variables.has('TUNEBOARD_PARAMS') && variables.size > 5);
    assert.deepEqual(names(variables), []);
  });

  test(`${name} names every setting`, () => {
    assert.deepEqual(names(settings()), []);
  });

  test(`${name} names every command of the command line, and every option of run`, () => {
    const program = createProgram('');
    const commands = program
      .createHelp()
      .visibleCommands(program)
      .map((command) => command.name());
    assert.deepEqual(names(commands.filter((command) => command !== 'help')), []);
    const run = program.commands.find((command) => command.name() === 'run');
    assert.deepEqual(
      names((run?.options ?? []).filter(({ hidden }) => !hidden).map((option) => option.long ?? '')),
      [],
    );
  });
}

test('docs/limits.md has the limits of the code', () => {
  const text = readFileSync(join(repository, 'docs/limits.md'), 'utf8');
  const { runRecord, note, certificate, recordedStorage, journalLine } = FILE_LIMITS;
  for (const bytes of [runRecord, certificate, recordedStorage, journalLine]) {
    assert.ok(text.includes(` ${bytes / 2 ** 20} MiB`), `${bytes}`);
  }
  assert.ok(text.includes(` ${note / 1024} KiB`));
});
