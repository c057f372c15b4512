/** Drafts for the ways in which scripts of real repositories declare their arguments. What each command does was tried with the real packages. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { draftStudyFile } from '../../../src/language/draft/draftStudyFile.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';
import { drafted } from './drafted.ts';

describe('argparse with parents', () => {
  const parents = (ofProgram: string) => `
import argparse
common = argparse.ArgumentParser(add_help=False)
common.add_argument("--lr", default=0.1, type=float)
parser = argparse.ArgumentParser(${ofProgram})
sub = parser.add_subparsers(dest="cmd", required=True)
train = sub.add_parser("train", parents=[common])
train.add_argument("--dropout", default=0.1, type=float)
sub.add_parser("eval", parents=[common]).add_argument("checkpoint")
only = argparse.ArgumentParser(add_help=False)
only.add_argument("--layers", default=4, type=int)
sub.add_parser("export", parents=[only])
`;

  it('writes what the subcommand has too behind it, where its own default does not undo it', () => {
    for (const ofProgram of ['', 'parents=[common]']) {
      const { command, names } = drafted(parents(ofProgram));
      assert.equal(command, 'train --lr {lr} --dropout {dropout}');
      assert.deepEqual(names, ['lr', 'dropout'], 'not what other subcommands take');
    }
  });

  it('writes what the program alone takes before it', () => {
    const script = parents('parents=[only]');
    assert.equal(drafted(script).command, '--layers {layers} train --lr {lr} --dropout {dropout}');
  });
});

describe('Hydra', () => {
  const main = (decorator: string) => `import hydra\n${decorator}\ndef main(cfg): print("loss=1")\n`;

  it('is read from arguments by place', () => {
    const script = main('@hydra.main("conf", "config", None)');
    assert.equal(drafted(script, { 'conf/config.yaml': 'lr: 0.01\n' }).command, 'lr={lr}');
  });

  it('is read from the class that the ConfigStore has under its name, not from groups', () => {
    const script = `
@dataclass
class Optim:
    lr: float = 0.01
    scheduler: str = MISSING
@dataclass
class Config:
    optim: Optim = field(default_factory=Optim)
    batch_size: int = 32
cs = ConfigStore.instance()
cs.store(group="optim", name="config", node=Optim)
cs.store(name="config", node=Config)
${main('@hydra.main(version_base=None, config_name="config")')}`;
    const { command, check } = drafted(script);
    assert.equal(command, 'optim.lr={optim.lr} optim.scheduler=OPTIM.SCHEDULER batch_size={batch_size}');
    assert.match(check.join(' '), /OPTIM\.SCHEDULER/);
  });
});

describe('OmegaConf', () => {
  it('sets the values of a class, or of a file', () => {
    const structured = `
@dataclass
class Config:
    lr: float = 0.01
    nesterov: bool = True
cfg = OmegaConf.merge(OmegaConf.structured(Config), OmegaConf.from_cli())
`;
    const { command, space } = drafted(structured);
    assert.equal(command, 'lr={lr} nesterov={nesterov}');
    assert.deepEqual(space['nesterov'], { type: 'categorical', choices: [true, false] });
    const file = 'conf = OmegaConf.merge(OmegaConf.load("conf/base.yaml"), OmegaConf.from_cli())\n';
    const files = { 'conf/base.yaml': 'train:\n  lr: 0.02\nmodel: { width: 64 }\n' };
    assert.equal(drafted(file, files).command, 'train.lr={train.lr} model.width={model.width}');
    assert.deepEqual(
      drafted(file.replace('OmegaConf.from_cli()', '{}'), files).names,
      ['lr', 'width'],
      'values of the file',
    );
  });
});

describe('simple_parsing', () => {
  const classes = `
@dataclass
class Optim:
    lr: float = 1e-3
    optimizer: str = choice("adam", "sgd", default="adam")
@dataclass
class Config:
    optim: Optim = field(default_factory=Optim)
    use_nesterov: bool = False
`;

  it('has the fields of classes within as flags like all others, and a bool with its value', () => {
    const { command, space } = drafted(`from simple_parsing import parse, choice\n${classes}c = parse(Config)\n`);
    assert.equal(command, '--lr {lr} --optimizer {optimizer} --use_nesterov {use_nesterov}');
    assert.deepEqual(space['optimizer'], { type: 'categorical', choices: ['adam', 'sgd'] });
    assert.equal(drafted(`import pkg\n${classes}c = parse(Config)\n`).command, '', 'another parse is none');
  });

  it('adds classes to arguments, and leaves out what two of them have, whose flags are longer', () => {
    const script = `from simple_parsing import ArgumentParser, choice
${classes}
@dataclass
class Head:
    lr: float = 1e-2
    width: int = 64
parser = ArgumentParser()
parser.add_argument("--dropout", type=float, default=0.1)
parser.add_argument("--width", type=int, default=32)
parser.add_arguments(Config, dest="config")
parser.add_arguments(Head, "head")
`;
    assert.deepEqual(drafted(script).names, ['dropout', 'width', 'optimizer', 'use_nesterov']);
  });
});

describe('pydantic-settings', () => {
  const settings = (bases: string, config = '') => `
class Optim(BaseModel):
    lr: float = 1e-3
class Settings(${bases}):
${config}
    optim: Optim = Optim()
    batch_size: int = Field(32, ge=16, le=64, description="rows")
    data_dir: str = Field(...)
`;

  it('is read from what CliApp runs, with the bounds of Field', () => {
    const { command, space } = drafted(`${settings('BaseSettings')}\nCliApp.run(Settings)\n`);
    assert.equal(command, '--optim.lr {optim.lr} --batch_size {batch_size} --data_dir DATA_DIR');
    assert.deepEqual(space['batch_size'], { type: 'categorical', choices: [16, 32, 64] });
  });

  it('is read from a class that parses arguments itself, and only then', () => {
    const config = '    model_config = SettingsConfigDict(cli_parse_args=True, cli_kebab_case=True)';
    assert.match(
      drafted(`${settings('BaseSettings', config)}\ns = Settings()\n`).command,
      /--batch-size \{batch_size\}/,
    );
    assert.match(drafted(settings('BaseSettings, cli_parse_args=True')).command, /--batch_size \{batch_size\}/);
    assert.equal(drafted(settings('BaseSettings')).command, '');
  });
});

describe('jsonargparse', () => {
  const script = (call: string) => `
import jsonargparse
from jsonargparse import CLI, auto_cli
@dataclass
class Optim:
    lr: float = 1e-3
    name: Literal["adam", "sgd"] = "adam"
def train(data: str, optim: Optim = Optim(), dropout: float = 0.1, nesterov: bool = False):
    print("loss=1")
def evaluate(checkpoint: str): pass
${call}
`;

  it('has flags for the fields of a class that is a type, a value for a bool, and places for what is required', () => {
    assert.equal(
      drafted(script('CLI(train)')).command,
      '--optim.lr {optim.lr} --dropout {dropout} --nesterov {nesterov} DATA',
    );
    assert.match(drafted(script('jsonargparse.auto_cli(train, as_positional=False)')).command, /^--data DATA /);
    assert.equal(drafted(script('CLI(Optim)')).command, '--lr {lr}');
  });

  it('makes a subcommand of each of several functions', () => {
    const { command, check } = drafted(script('CLI([evaluate, train])'));
    assert.match(command, /^train --optim\.lr/);
    assert.match(check.join(' '), /evaluate/);
  });
});

describe('LightningCLI', () => {
  const net = `
class Net(LightningModule):
    """A net."""
    def __init__(self, lr=1e-3, dropout: Optional[float] = 0.1, batch_size: int = 32, **kwargs):
        super().__init__()
    def validation_step(self, batch, at):
        self.log("val_loss", loss, prog_bar=True)
        self.log("hidden_loss", loss)
`;
  const data = `
class Data(LightningDataModule):
    def __init__(self, root: str = "data", batch_size: int = 32): pass
`;

  it('is read from the constructors of model and data, behind fit', () => {
    const script = `from lightning.pytorch.cli import LightningCLI\n${net}${data}LightningCLI(Net, Data)\n`;
    const { command } = drafted(script);
    assert.equal(
      command,
      'fit --model.lr {model.lr} --model.dropout {model.dropout} --model.batch_size {model.batch_size} --data.batch_size {data.batch_size}',
    );
    const { text } = draftStudyFile({ uri: 'file:///w/t.py', languageId: 'python', text: script, scriptPath: 't.py' });
    assert.match(text ?? '', /^metric: val_loss # as the script prints it/m);
    assert.match(drafted(script.replace('Net, Data)', 'Net, run=False)')).command, /^--model\.lr/);
  });

  it('finds classes that are imported, and leaves out what is linked', () => {
    const script = `from lightning.pytorch.cli import LightningCLI
from lit.nets import (
    Net,
)
${data}
class Own(LightningCLI):
    def add_arguments_to_parser(self, parser):
        parser.add_argument("--unused", type=float, default=0.5)
        parser.link_arguments("data.batch_size", "model.batch_size")
Own(model_class=Net, datamodule_class=Data)
`;
    const { names } = drafted(script, { 'lit/nets.py': net });
    assert.deepEqual(names, ['model.lr', 'model.dropout', 'data.batch_size']);
    assert.deepEqual(drafted(script).names, ['data.batch_size'], 'a module that is elsewhere');
  });

  it('has nothing to read where the command line chooses the classes', () => {
    assert.deepEqual(drafted('from lightning.pytorch.cli import LightningCLI\nLightningCLI()\n').names, [
      'learning_rate',
    ]);
    const chosen = `${net}LightningCLI(Net, subclass_mode_model=True)\n`;
    // The defaults of its class stand in the code.
    const { names, command } = drafted(chosen);
    assert.deepEqual([names, command], [['lr', 'dropout', 'batch_size'], '']);
  });
});

describe('fire and cyclopts', () => {
  const functions = `
def train(lr=0.01, *, dropout: float = 0.1, **rest): print("loss=1")
def predict(path): pass
def _own(width=64): pass
`;

  it('makes subcommands of a dict of functions, and of all public functions', () => {
    const { command, check } = drafted(`import fire\n${functions}fire.Fire({"fit": train, "apply": predict})\n`);
    assert.equal(command, 'fit --lr {lr} --dropout {dropout}');
    assert.match(check.join(' '), /apply/);
    assert.equal(drafted(`import fire\n${functions}fire.Fire()\n`).command, 'train --lr {lr} --dropout {dropout}');
  });

  it('takes the metric that the function of the subcommand prints', () => {
    const script = `import fire
def train(lr=0.01):
    for epoch in range(3):
        print("val_loss:", lr)

def evaluate(checkpoint):
    print("acc:", 1)
fire.Fire()
`;
    const asked = { uri: 'file:///w/t.py', languageId: 'python', text: script, scriptPath: 't.py' };
    assert.match(draftStudyFile(asked).text ?? '', /^metric: val_loss #/m);
    const silent = { ...asked, text: script.replace('print("val_loss:", lr)', 'fit(lr)') };
    assert.match(draftStudyFile(silent).text ?? '', /^metric: acc #/m);
  });

  it('reads what cyclopts runs: without a name where it is the default, with one where it is not', () => {
    const app = (decorator: string) => `from cyclopts import App
app = App()
${decorator}
def train_net(lr: float = 0.01, *, use_nesterov: bool = False, width: int = 64): print("loss=1")
app()
`;
    const { command, space } = drafted(app('@app.default'));
    assert.equal(command, '{use_nesterov} --lr {lr} --width {width}');
    assert.deepEqual(space['use_nesterov'], { type: 'categorical', choices: ['--use-nesterov', '--no-use-nesterov'] });
    assert.match(drafted(app('@app.command')).command, /^train-net \{use_nesterov\} --lr/);
  });
});

describe('any script', () => {
  const pieces = [
    'import fire, typer, cyclopts, simple_parsing, jsonargparse, hydra',
    'from lightning.pytorch.cli import LightningCLI',
    'from lit.nets import (Net, Data)',
    '@dataclass\nclass Optim(Base):\n    lr: float = 1e-3\n    other: "Optim" = None',
    'class Net(LightningModule):\n    def __init__(self, lr=1e-3, optim: Optim = Optim(), *args, width: int, **kw): pass',
    'class Settings(BaseSettings, cli_parse_args=True):\n    a: Optional[Optim] = Field(..., ge=1, le="x")',
    'def train(lr=0.01, optim: Optim | None = None, layers: list[int] = [1]): print("loss=1")',
    '@app.default\ndef fit(x: Annotated[float, Parameter()] = 1.0, *, nesterov: bool = True): pass',
    '@hydra.main("conf", "config")',
    'LightningCLI(Net, Data, run=False)',
    'LightningCLI((Net if x else y), lib.Data())',
    'parser.add_arguments(Optim, dest="o")',
    'c = parse(Optim)',
    'CLI([train, fit])',
    'auto_cli(Optim, as_positional=False)',
    'fire.Fire({"a": train, "b": fit})',
    'fire.Fire()',
    'CliApp.run(Settings)',
    'OmegaConf.merge(OmegaConf.structured(Optim), OmegaConf.load("a.yaml"), OmegaConf.from_cli())',
    'ConfigStore.instance().store(name="config", node=Optim())',
    'common = ArgumentParser(parents=[common, other])',
    't = sub.add_parser("train", parents=[common])',
    'common.add_argument("--lr", type=float, default=0.1)',
    'sub.add_parser("x").add_argument("--y")',
    'class Opt(str, Enum):\n    A = "a"\n    B = 2',
    '@app.command(name="fit")\ndef go(opt: Opt = Opt.A, /, nesterov: Annotated[bool, Parameter(name=["--x", "-y"], negative="")] = False): pass',
    'def main(lr: float = typer.Option(..., "--rate/--off"), opt: "Opt" = typer.Argument("a")): pass\ntyper.run(main)',
    'class M(BaseModel):\n    a_b: bool = Field(True, alias="c_d")\n    t: CliPositionalArg[Opt]\nCliApp.run(M)',
    'cs.store(group="a/b", name="x", node=Optim)',
    'app.add_typer(app, name="x")',
    ')',
    '"""',
    'class Broken(',
  ];
  const source = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((all) => all.join('\n'));

  it('gets a study file without errors', () => {
    fc.assert(
      fc.property(source, source, (text, other) => {
        const beside = () => other;
        const asked = { uri: 'file:///w/t.py', languageId: 'python', text, scriptPath: 't.py' };
        const { text: made } = draftStudyFile(asked, undefined, beside);
        const { problems } = parseStudyFile(made ?? '');
        assert.deepEqual(
          problems.filter(({ severity }) => severity === 'error'),
          [],
          made ?? '',
        );
      }),
      { numRuns: 300 },
    );
  });

  it('is read in time that grows with the script, however deep its classes are in each other', () => {
    const block = (at: number) =>
      `@dataclass\nclass C${at}:\n    lr${at}: float = 0.1\n    inner: C${at - 1} = None\nc = parse(C${at})\nauto_cli(C${at})\n`;
    const cost = (blocks: number) => {
      const head = 'import simple_parsing, jsonargparse\n';
      const text = head + Array.from({ length: blocks }, (_, at) => block(at)).join('');
      const began = process.cpuUsage();
      draftStudyFile({ uri: 'file:///w/t.py', languageId: 'python', text, scriptPath: 't.py' });
      const { user, system } = process.cpuUsage(began);
      return (user + system) / 1000;
    };
    cost(50);
    const [some, more] = [Math.min(cost(50), cost(50)), Math.min(cost(300), cost(300))];
    assert.ok(more < some * 6 * 4, `50 classes: ${some} ms, 300: ${more} ms`);
  });
});
