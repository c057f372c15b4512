/** Values in code of JavaScript and TypeScript, and in configuration files that it reads. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Project } from './siteRun.ts';

let project: Project;
beforeEach(() => {
  project = new Project();
});
afterEach(() => project.remove());

const node = (script: string) => ({ command: [process.execPath, script], reader: 'node' }) as const;

describe('values in code that Node runs', () => {
  it('stand in ES modules, and in those that they import', () => {
    project.write('lib/model.mjs', '// 中文\nexport const WIDTH = 64, NAME = "a";\n');
    project.write(
      'train.mjs',
      'import { NAME, WIDTH } from "./lib/model.mjs";\nfunction fit({ momentum = 0.9 } = {}) { return momentum; }\nconsole.log(WIDTH, NAME, fit());\n',
    );
    const before = project.files();
    const { stdout, stderr, neverRead } = project.run({
      ...node('train.mjs'),
      sites: { width: 'lib/model.mjs#WIDTH', name: 'lib/model.mjs#NAME', momentum: 'train.mjs#fit(momentum)' },
      params: { width: 8, name: 'it\'s "b"', momentum: 0.5 },
    });
    assert.equal(stdout, '8 it\'s "b" 0.5\n', stderr);
    assert.equal(neverRead, undefined);
    assert.deepEqual(project.files(), before);
  });

  it('stand in CommonJS modules', () => {
    project.write('model.cjs', 'const WIDTH = -64;\nmodule.exports = { WIDTH };\n');
    project.write(
      'train.cjs',
      'const { WIDTH } = require("./model.cjs");\nconsole.log(WIDTH, __filename.length > 0);\n',
    );
    const sites = { width: 'model.cjs#WIDTH' };
    assert.equal(project.run({ ...node('train.cjs'), sites, params: { width: -3 } }).stdout, '-3 true\n');
  });

  it('stand in TypeScript, with lines and a byte order mark as they were', () => {
    project.write('package.json', '{"type": "module"}');
    project.write(
      'train.ts',
      '\uFEFFconst LR: number = 0.1;\r\nconsole.log(LR);\r\nthrow new Error("at line 3" as string);\r\n',
    );
    const { stdout, stderr } = project.run({ ...node('train.ts'), sites: { lr: 'train.ts#LR' }, params: { lr: 0.25 } });
    assert.equal(stdout, '0.25\n', stderr);
    assert.match(stderr, /train\.ts:3/);
  });

  it('reach a process that the script starts', () => {
    project.write('child.mjs', 'const LR = 0.1;\nconsole.log(LR);\n');
    project.write(
      'train.mjs',
      'import { execFileSync } from "node:child_process";\nprocess.stdout.write(execFileSync(process.execPath, ["child.mjs"]));\n',
    );
    const run = project.run({ ...node('train.mjs'), sites: { lr: 'child.mjs#LR' }, params: { lr: 0.7 } });
    assert.equal(run.stdout, '0.7\n', run.stderr);
  });

  it('stand in JSON that is imported, required or read', () => {
    project.write('config.json', '{ "model": { "depth": 3 } }\n');
    project.write(
      'train.mjs',
      `import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import imported from "./config.json" with { type: "json" };
const depth = (text) => JSON.parse(text).model.depth;
console.log(imported.model.depth, createRequire(import.meta.url)("./config.json").model.depth);
console.log(depth(readFileSync("config.json", "utf8")), depth(await readFile(new URL("config.json", import.meta.url))));
`,
    );
    const sites = { depth: 'config.json#model.depth' };
    const { stdout, stderr, neverRead } = project.run({ ...node('train.mjs'), sites, params: { depth: 9 } });
    assert.equal(stdout, '9 9\n9 9\n', stderr);
    assert.equal(neverRead, undefined);
  });

  it('are named when the program does not reach them', () => {
    project.write('train.mjs', 'function unused() {\n  const LR = 0.1;\n  return LR;\n}\nconsole.log(1);\n');
    const run = project.run({ ...node('train.mjs'), sites: { lr: 'train.mjs#unused.LR' }, params: { lr: 0.7 } });
    assert.match(run.neverRead ?? '', /train\.mjs:2 was never used/);
  });

  it('are found again where the file was edited between', () => {
    project.write('train.mjs', 'const LR = 0.1;\nconsole.log(LR);\n');
    const run = project.run({
      ...node('train.mjs'),
      sites: { lr: 'train.mjs#LR' },
      params: { lr: 0.7 },
      between: () => void project.write('train.mjs', '// one more line\nconst LR = 0.1;\nconsole.log(LR);\n'),
    });
    assert.equal(run.stdout, '0.7\n', run.stderr);
  });
});
