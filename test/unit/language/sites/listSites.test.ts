import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listSites, scanText } from '../../../../src/language/sites/listSites.ts';

/** What a text holds: each site's full path and the text of its literal. */
type Shape = readonly [title: string, text: string, sites: Readonly<Record<string, string>>];

const PYTHON: readonly Shape[] = [
  ['a constant', 'LR = 3e-4\n', { LR: '3e-4' }],
  ['a negative number', 'X = -1\n', { X: '-1' }],
  ['digits in groups', 'N = 1_000\n', { N: '1_000' }],
  ['a point without digits after it', 'N = 1.\nM = .5\n', { N: '1.', M: '.5' }],
  ['texts, truth values and None', 'a = "x"\nb = True\nc = None\n', { a: '"x"', b: 'True', c: 'None' }],
  ['an annotated constant', 'lr: float = 0.1\n', { lr: '0.1' }],
  ['a type that is a literal', 'm: Literal["a", 1] = "a"\n', { m: '"a"' }],
  ['a power, which is an expression', 'x = 2**-3\ny = 3 * 1e-4\n', {}],
  ['several targets of one line', 'a, b = 1, 2\n', { a: '1', b: '2' }],
  ['one value for two names', 'a = b = 1\n', { a: '1' }],
  ['what is added', 'x = 1\nx += 2\n', { x: '1' }],
  ['one name twice', 'x = 1\nx = 2\n', { 'x[1]': '1', 'x[2]': '2' }],
  ['a list', 'LAYERS = [64, 128]\n', { 'LAYERS[0]': '64', 'LAYERS[1]': '128' }],
  [
    'a tuple in a call',
    'opt = Adam(p, betas=(0.9, 0.99))\n',
    { 'opt.Adam(betas)[0]': '0.9', 'opt.Adam(betas)[1]': '0.99' },
  ],
  ['a dict', 'C = {"lr": 0.1, "m": {"depth": 3}}\n', { 'C.lr': '0.1', 'C.m.depth': '3' }],
  ['a dict with other keys', 'C = {1: 2, key: 3, **more, "a b": 4}\n', { 'C.1': '2', 'C.a b': '4' }],
  ['a key twice', 'C = {"a": 1, "a": 2}\n', { 'C.a[1]': '1', 'C.a[2]': '2' }],
  ['a member and a key of something', 'cfg.lr = 1\ncfg["opt"]["wd"] = 2\n', { 'cfg.lr': '1', 'cfg.opt.wd': '2' }],
  ['a variable of a function', 'def f():\n    lr = 1\n', { 'f.lr': '1' }],
  ['defaults of parameters', 'def f(a, b=1, *, c: int = 2, **k): ...\n', { 'f(b)': '1', 'f(c)': '2' }],
  ['an async function', 'async def f(a=1):\n    await g(b=2)\n', { 'f(a)': '1', 'f.g(b)': '2' }],
  [
    'the parameters of a class',
    'class Net(M):\n    def __init__(self, d=0.5):\n        self.d = Dropout(0.1)\n',
    { 'Net(d)': '0.5', 'Net.__init__.self.d.Dropout(0)': '0.1' },
  ],
  ['a method', 'class A:\n    def fit(self, n=3):\n        k = 2\n', { 'A.fit(n)': '3', 'A.fit.k': '2' }],
  ['a class in a class', 'class A:\n    class B:\n        x = 1\n', { 'A.B.x': '1' }],
  ['keywords of a base class', 'class A(B, metaclass=M, n=1):\n    x = 2\n', { 'A.x': '2' }],
  [
    'a dataclass',
    '@dataclass\nclass C:\n    lr: float = 0.1\n    wd: float = field(default=0.2, metadata={"a": 1})\n',
    { 'C.lr': '0.1', 'C.wd': '0.2' },
  ],
  ['a pydantic model', 'class C(BaseModel):\n    lr: float = Field(0.1, gt=0, le=1)\n', { 'C.lr': '0.1' }],
  [
    'a default that is made',
    'class C:\n    a: dict = field(default_factory=lambda: {"lr": 0.1})\n',
    { 'C.a.lr': '0.1' },
  ],
  ['typer', 'def main(lr: float = typer.Option(0.1, help="x")): ...\n', { 'main(lr)': '0.1' }],
  ['argparse', 'p.add_argument("-l", "--lr", type=float, default=0.1, help="x")\n', { '--lr': '0.1' }],
  [
    'argparse with subcommands',
    't = sub.add_parser("train")\nt.add_argument("--lr", default=1)\n',
    { 't.sub.add_parser(0)': '"train"', 'train.--lr': '1' },
  ],
  ['click', '@click.command()\n@click.option("--lr", default=0.1)\ndef main(lr): ...\n', { 'main.--lr': '0.1' }],
  ['absl', 'flags.DEFINE_float("lr", 0.1, "rate")\n', { '--lr': '0.1' }],
  ['a decorator', '@retry(3, wait=2)\ndef f(): ...\n', { 'retry(0)': '3', 'retry(wait)': '2' }],
  [
    'calls in calls',
    'Sequential(Linear(8, 16), Dropout(p=0.2))\n',
    { 'Sequential(0).Linear(0)': '8', 'Sequential(0).Linear(1)': '16', 'Sequential(1).Dropout(p)': '0.2' },
  ],
  ['a chain of calls', 'a.b(1).c(d=2)\n', { 'a.b(0)': '1', 'c(d)': '2' }],
  ['spread arguments', 'f(*a, 3, **k)\n', { 'f(1)': '3' }],
  ['a lambda', 'g = lambda x=3: h(x, y=4)\n', { 'g.lambda(x)': '3', 'g.h(y)': '4' }],
  ['a walrus', 'if (n := 10) > 5: pass\n', { n: '10' }],
  ['f-strings', 's = f"{f(a=1)} {2}"\nt = "b"\n', { t: '"b"' }],
  ['a match statement', 'match x:\n    case 1 | {"a": 2}:\n        y = 3\n', { y: '3' }],
  ['a comprehension', 'a = [f(x, k=1) for x in range(3)]\n', { 'a.f(k)': '1', 'a.range(0)': '3' }],
  ['conditions', 'x = 1 if y > 2 else 3\n', {}],
  ['a loop over values', 'for lr in [0.1, 0.2]:\n    f(lr)\n', {}],
  ['what a function returns', 'def f():\n    return {"lr": 0.1}\n', { 'f.lr': '0.1' }],
  ['a docstring and a type alias', 'def f():\n    """x = 1"""\ntype X = Literal[1]\n', {}],
  ['one line with several statements', 'a = 1; b = 2\n', { a: '1', b: '2' }],
  ['a with statement', 'with open(x, mode="r") as f:\n    n = 1\n', { 'open(mode)': '"r"', n: '1' }],
  ['CRLF', 'a = 1\r\ndef f():\r\n    b = 2\r\n', { a: '1', 'f.b': '2' }],
  ['a byte order mark', '\uFEFFa = 1\n', { a: '1' }],
  ['characters of two code units', 's = "😀"; lr = 0.1\n', { s: '"😀"', lr: '0.1' }],
  ['a line that is no code', 'a = 1\nb = = 2\nc = 3\n', { a: '1', c: '3' }],
  ['a call that is still being typed', 'a = 1\nf(lr=\n', { a: '1' }],
];

const JAVASCRIPT: readonly Shape[] = [
  ['constants', 'const LR = 1e-3, N = -1;\nlet s = `a`;\n', { LR: '1e-3', N: '-1', s: '`a`' }],
  ['a template with a value in it', `const s = \`a\${f({ b: 1 })}\`;\n`, { 's.f(b)': '1' }],
  [
    'an object',
    "const c = { lr: 0.1, 'b c': 2, [k]: 3, n: { d: 4 } };\n",
    { 'c.lr': '0.1', 'c.b c': '2', 'c.n.d': '4' },
  ],
  ['what a module exports', 'export default { lr: 0.1 };\n', { lr: '0.1' }],
  ['module.exports', 'module.exports = { lr: 0.1 };\n', { 'module.exports.lr': '0.1' }],
  [
    'keywords of a call',
    "tf.layers.dense({ units: 64, activation: 'relu' });\n",
    { 'tf.layers.dense(units)': '64', 'tf.layers.dense(activation)': "'relu'" },
  ],
  ['arguments by place', 'new Foo(1, x, 2);\n', { 'Foo(0)': '1', 'Foo(2)': '2' }],
  ['a function', 'function f(a = 1) { const b = 2; }\n', { 'f(a)': '1', 'f.b': '2' }],
  ['an arrow function', 'const f = (a = 1) => g({ b: 2 });\n', { 'f(a)': '1', 'f.g(b)': '2' }],
  ['parameters in an object', 'function f({ lr = 0.1, n: { d = 2 } = {} } = {}) {}\n', { 'f(lr)': '0.1', 'f(d)': '2' }],
  [
    'a class',
    'class A { units = 3; static #p = 4; constructor(d = 5) { this.q = 6; } }\n',
    { 'A.units': '3', 'A.p': '4', 'A(d)': '5', 'A.constructor.this.q': '6' },
  ],
  ['a member that is assigned', "cfg.lr = 1;\ncfg['wd'] ??= 2;\nx += 3;\n", { 'cfg.lr': '1', 'cfg.wd': '2' }],
  [
    'a callback',
    'm.fit(x, { epochs: 3, on: (e) => log(e, { n: 2 }) });\n',
    { 'm.fit(epochs)': '3', 'm.fit(on).log(n)': '2' },
  ],
  ['parseArgs', "parseArgs({ options: { lr: { default: '0.1' } } });\n", { '--lr': "'0.1'" }],
  [
    'commander',
    "program.option('--lr <n>', 'rate', 0.1);\n",
    { 'program.option(0)': "'--lr <n>'", 'program.option(1)': "'rate'", '--lr': '0.1' },
  ],
  ['regular expressions and imports', "import a from 'b';\nconst r = /1/g, n = 2;\n", { n: '2' }],
  ['a condition', 'const x = y ? 1 : 2;\n', {}],
  ['a line that is no code', 'const a = 1;\nconst b = = 2;\nconst c = 3;\n', { a: '1', c: '3' }],
];

const TYPESCRIPT: readonly Shape[] = [
  ['types', "let a: 'x' | 1 = 'x';\ntype T = 3;\ninterface I { n: 4 }\n", { a: "'x'" }],
  ['casts', 'const a = 1 as const;\nconst b = { c: 2 } satisfies C;\n', { a: '1', 'b.c': '2' }],
  ['parameter properties', 'class A { constructor(private lr: number = 0.1) {} }\n', { 'A(lr)': '0.1' }],
  ['an enumeration', 'enum E { A = 1, B }\n', { 'E.A': '1' }],
  ['tags', 'const j = <Foo lr={0.1} name="x" />;\nconst n = 2;\n', { n: '2' }],
];

const YAML: readonly Shape[] = [
  [
    'keys and lists',
    'model:\n  depth: 3 # deep\n  layers: [1, 2]\n',
    { 'model.depth': '3', 'model.layers[0]': '1', 'model.layers[1]': '2' },
  ],
  ['quotes', 'a: "x"\nb: \'y\'\n', { a: '"x"', b: "'y'" }],
  ['an anchor and its alias', 'a: &x\n  lr: 1\nb: *x\nc:\n  <<: *x\n  n: 2\n', { 'a.lr': '1', 'c.n': '2' }],
  ['several documents', 'lr: 1\n---\nlr: 2\n', { lr: '1', '[1].lr': '2' }],
  ['a key twice', 'lr: 1\nlr: 2\n', { 'lr[1]': '1', 'lr[2]': '2' }],
  ['what is worked out by its reader', `a: \${oc.env:X}\nb: 1\n`, { b: '1' }],
  ['CRLF', 'a:\r\n  b: 1\r\nc: 2\r\n', { 'a.b': '1', c: '2' }],
];

const JSON_SHAPES: readonly Shape[] = [
  [
    'comments and commas',
    '{ // c\n "a": 1.0, /* d */ "b": { "c": [1, { "d": true }] },\n}',
    { a: '1.0', 'b.c[0]': '1', 'b.c[1].d': 'true' },
  ],
  ['a list of objects', '[{"lr": 1}, {"lr": 2}]', { '[0].lr': '1', '[1].lr': '2' }],
  ['an object that is not closed', '{"a": 1,\n"b": ', { a: '1' }],
];

const TOML: readonly Shape[] = [
  ['tables', 'a = 1\n[model]\ndepth = 3\nx.y = "s"\n', { a: '1', 'model.depth': '3', 'model.x.y': '"s"' }],
  ['lists of tables', '[[l]]\nn = 1\n[[l]]\nn = 2\n', { 'l[0].n': '1', 'l[1].n': '2' }],
  ['tables in a line', 't = { lr = 1e-3, n = 1_000 }\n', { 't.lr': '1e-3', 't.n': '1_000' }],
  ['dates', 'd = 1979-05-27\nn = 1\n', { n: '1' }],
  ['a line that is no TOML', 'a = 1\nb = = 2\n', { a: '1' }],
];

for (const [languageId, shapes] of [
  ['python', PYTHON],
  ['javascript', JAVASCRIPT],
  ['typescript', [...JAVASCRIPT, ...TYPESCRIPT.slice(0, -1)]],
  ['typescriptreact', TYPESCRIPT.slice(-1)],
  ['yaml', YAML],
  ['json', JSON_SHAPES],
  ['toml', TOML],
] as const) {
  describe(`sites in ${languageId}`, () => {
    for (const [title, text, expected] of shapes) {
      it(title, () => {
        const found = listSites(languageId, text).map((site) => [site.path, text.slice(site.start, site.end)]);
        assert.deepEqual(Object.fromEntries(found), expected);
        assert.equal(found.length, Object.keys(expected).length, 'no two sites have one path');
      });
    }
  });
}

describe('sites in a notebook', () => {
  const cells = [
    { cell_type: 'markdown', source: ['x = 1'] },
    { cell_type: 'code', source: ['%matplotlib inline\n', 'LR = 0.1\n', 'opt = "adam"; n = 3\n'] },
    { cell_type: 'code', source: '%%bash\ny=3' },
    { cell_type: 'code', source: 'def f(a=2):\n    return g("é\t\\"", lr=LR, k=1e-3)' },
  ];

  it('stand in the cell and in the file', () => {
    for (const space of [0, 1]) {
      const text = JSON.stringify({ cells, metadata: {} }, null, space);
      const sites = listSites('jupyter-notebook', text);
      assert.deepEqual(
        sites.map(({ path, start, end }) => [path, text.slice(start, end)]),
        [
          ['LR', '0.1'],
          ['opt', '\\"adam\\"'],
          ['n', '3'],
          ['f(a)', '2'],
          ['f.g(0)', '\\"é\\t\\\\\\"\\"'],
          ['f.g(k)', '1e-3'],
        ],
      );
      for (const { cell, literal } of sites.filter((site) => site.literal.type === 'number')) {
        const source = [cells[cell?.index ?? 0]?.source ?? ''].flat().join('');
        assert.equal(Number(source.slice(cell?.start, cell?.end)), literal.value);
      }
    }
  });

  it('are none where the notebook speaks another language, or is no notebook', () => {
    const julia = JSON.stringify({ cells, metadata: { kernelspec: { language: 'julia' } } });
    assert.deepEqual(listSites('jupyter-notebook', julia), []);
    assert.deepEqual(listSites('jupyter-notebook', '[1, {'), []);
  });
});

describe('scanText', () => {
  it('names the lines that are no code', () => {
    assert.deepEqual(scanText('python', 'a = 1\nb = = 2\nc = 3\n').brokenLines, [2]);
    assert.deepEqual(scanText('toml', 'a = 1\nb = = 2\n').brokenLines, [2]);
  });

  it('finds nothing, and does not fail, in brackets that are nested thousands deep', () => {
    for (const language of ['python', 'javascript', 'yaml', 'json', 'toml']) {
      assert.deepEqual(listSites(language, `a = ${'['.repeat(20_000)}1${']'.repeat(20_000)}`), []);
    }
  });

  it('takes long lists for data', () => {
    assert.equal(listSites('python', `x = [${'1, '.repeat(5000)}]\n`).length, 64);
  });

  for (const [language, line] of [
    ['python', (n: number) => `def f${n}(a=${n}):\n    x = g(a, lr=0.1)\nC_${n} = 3e-4\n`],
    ['javascript', (n: number) => `function f${n}(a = ${n}) {\n  const x = g(a, { lr: 0.1 });\n}\n`],
    ['toml', (n: number) => `[t${n}]\nlr = 0.1\nn = 3\n`],
    ['yaml', (n: number) => `t${n}:\n  lr: 0.1\n  n: 3\n`],
  ] as const) {
    it(`takes time in proportion to the length: ${language}`, () => {
      const text = (count: number) => Array.from({ length: count }, (_, n) => line(n)).join('');
      const cpu = (count: number): number => {
        const source = text(count);
        const times = [0, 1, 2].map(() => {
          const before = process.cpuUsage().user;
          listSites(language, source);
          return process.cpuUsage().user - before;
        });
        return Math.min(...times);
      };
      cpu(500);
      assert.ok(
        cpu(4000) < 8 * 3 * Math.max(cpu(500), 10_000),
        'eight times the text takes no more than 24 times as long',
      );
    });
  }
});
