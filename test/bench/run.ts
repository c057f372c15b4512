/** `npm run bench -- NAME [arguments]`: runs one bench, or all of them one after the other. */

interface Bench {
  run(args: readonly string[]): Promise<void>;
}

const BENCHES: Readonly<Record<string, string>> = {
  overhead: 'overhead.ts',
  quality: 'quality.ts',
  fidelity: 'fidelity.ts',
  transfer: 'transfer.ts',
  winner: 'winner.ts',
  beliefs: 'beliefs.ts',
  parallel: 'parallel.ts',
  scripts: 'scripts.ts',
  journal: 'journal.ts',
  storage: 'storage.ts',
  scale: 'scale.ts',
  open: 'open.ts',
  window: 'window.ts',
  activation: 'activation.ts',
  editor: 'editor.ts',
  findings: 'findings.ts',
  hypergradient: 'hypergradient.ts',
  'learning-rate': 'learningRate.ts',
  trainer: 'trainer.ts',
  'trainer-memory': 'trainerMemory.ts',
};

const [name, ...args] = process.argv.slice(2);
if (name !== undefined && !Object.hasOwn(BENCHES, name)) {
  console.error(`There is no bench ${name}: use ${Object.keys(BENCHES).join(', ')}.`);
  process.exitCode = 2;
} else {
  for (const one of name === undefined ? Object.keys(BENCHES) : [name]) {
    console.log(`\n${one}`);
    const bench = (await import(new URL(BENCHES[one] ?? '', import.meta.url).href)) as Bench;
    await bench.run(args);
  }
}
