/** How much the language server marks in code that other people wrote: `-- FOLDER…`, each with Python files in it. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCodeFile } from '../../src/language/openCodeFile.ts';
import { optunaFindings } from '../../src/language/optuna/optunaFindings.ts';
import { sayIn } from '../../src/language/say.ts';
import { scriptFindings } from '../../src/language/scriptFindings.ts';

export async function run(folders: readonly string[]): Promise<void> {
  if (folders.length === 0) console.log('Name folders: npm run bench -- findings -- FOLDER…');
  const say = sayIn('en');
  for (const folder of folders) {
    const marks: string[] = [];
    const paths = globSync('**/*.py', { cwd: folder });
    let lines = 0;
    for (const path of paths) {
      const text = readFileSync(join(folder, path), 'utf8');
      lines += text.split('\n').length;
      const file = openCodeFile('python', text);
      if (!file) continue;
      for (const { start, message } of [...optunaFindings(file, say), ...scriptFindings(file, 'en')])
        marks.push(`${path}:${text.slice(0, start).split('\n').length}: ${message}`);
    }
    console.log(`${folder}: ${paths.length} files, ${lines} lines, ${marks.length} findings`);
    for (const mark of marks) console.log(`  ${mark}`);
  }
}
