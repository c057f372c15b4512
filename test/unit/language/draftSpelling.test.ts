/** How drafts spell flags, subcommands and values of Enums: each as the real package takes it, or not at all. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drafted } from './drafted.ts';

const OPT = 'class Opt(str, Enum):\n    ADAM = "adam"\n    SGD = "sgd"\n';

describe('a member of an Enum', () => {
  const named: Readonly<Record<string, string>> = {
    jsonargparse: `import jsonargparse\n${OPT}def main(opt: Opt = Opt.ADAM): pass\njsonargparse.CLI(main)\n`,
    OmegaConf: `${OPT}@dataclass\nclass C:\n    opt: Opt = Opt.ADAM\nOmegaConf.merge(OmegaConf.structured(C), OmegaConf.from_cli())\n`,
    simple_parsing: `import simple_parsing\n${OPT}@dataclass\nclass C:\n    opt: Opt = Opt.ADAM\nsimple_parsing.parse(C)\n`,
    cyclopts: `import cyclopts\n${OPT}def main(opt: Opt = Opt.ADAM): pass\ncyclopts.run(main)\n`,
  };
  for (const [maker, script] of Object.entries(named)) {
    it(`goes by its name in ${maker}`, () => {
      assert.deepEqual(drafted(script).space['opt'], { type: 'categorical', choices: ['ADAM', 'SGD'] });
    });
  }

  it('goes by its value in typer and HfArgumentParser', () => {
    const typer = `import typer\n${OPT}def main(opt: Opt = Opt.ADAM): pass\ntyper.run(main)\n`;
    const trainer = `${OPT}@dataclass\nclass C:\n    opt: Opt = Opt.ADAM\nHfArgumentParser(C)\n`;
    for (const script of [typer, trainer]) {
      assert.deepEqual(drafted(script).space['opt'], { type: 'categorical', choices: ['adam', 'sgd'] });
    }
  });
});

describe('pydantic-settings', () => {
  const optim = 'class Optim(BaseModel):\n    weight_decay: float = 1e-4\n    use_nesterov: bool = False\n';

  it('has dashes and switches for a plain model that CliApp runs', () => {
    const script = `${optim}class Args(BaseModel):\n    base_lr: float = 0.1\n    optim: Optim = Optim()\nCliApp.run(Args)\n`;
    const { command, space } = drafted(script);
    assert.equal(command, '{optim.use_nesterov} --base-lr {base_lr} --optim.weight-decay {optim.weight_decay}');
    assert.deepEqual(space['optim.use_nesterov'], {
      type: 'categorical',
      choices: ['--optim.use-nesterov', '--no-optim.use-nesterov'],
    });
  });

  it('has switches with cli_implicit_flags, and where a field says so', () => {
    const script = (config: string, type: string) =>
      `class S(BaseSettings):\n    model_config = SettingsConfigDict(cli_parse_args=True${config})\n    nesterov: ${type} = False\n`;
    assert.equal(drafted(script('', 'bool')).command, '--nesterov {nesterov}');
    assert.equal(drafted(script(', cli_implicit_flags=True', 'bool')).command, '{nesterov}');
    assert.equal(drafted(script('', 'CliImplicitFlag[bool]')).command, '{nesterov}');
    assert.equal(
      drafted(script(', cli_implicit_flags=True', 'CliExplicitFlag[bool]')).command,
      '--nesterov {nesterov}',
    );
  });

  it('takes a field by its alias, and leaves out what has several or is no field', () => {
    const script = `class S(BaseSettings, cli_parse_args=True):
    KINDS: ClassVar[int] = 4
    _own: int = 3
    data: CliPositionalArg[str]
    lr: float = Field(0.1, alias="learning-rate")
    width: int = Field(64, validation_alias=AliasChoices("w", "net"))
    depth: Annotated[int, Field(gt=0, alias="layers")] = 3
`;
    assert.equal(drafted(script).command, '--learning-rate {lr} DATA');
  });

  it('is not read where subcommands or a prefix stand before the flags', () => {
    const script = (line: string) => `class S(BaseSettings, cli_parse_args=True):\n    lr: float = 0.1\n    ${line}\n`;
    assert.equal(drafted(script('layers: int = 3')).command, '--lr {lr} --layers {layers}');
    assert.equal(drafted(script('train: CliSubCommand[Train]')).command, '');
    assert.equal(drafted(script('model_config = SettingsConfigDict(cli_prefix="my")')).command, '');
  });
});

describe('a class as the type of a parameter', () => {
  const script = (imports: string, call: string) => `${imports}
@dataclass
class Optim:
    lr_max: float = 0.1
    nesterov: bool = False
def main(my_optim: Optim, gamma: float = 0.9): print("loss=1")
${call}(main)
`;

  it('has a flag for each of its fields in tyro and cyclopts', () => {
    for (const [imports, call] of [
      ['import tyro', 'tyro.cli'],
      ['import cyclopts', 'cyclopts.run'],
    ] as const) {
      const { command, space } = drafted(script(imports, call));
      assert.equal(command, '{my_optim.nesterov} --my-optim.lr-max {my_optim.lr_max} --gamma {gamma}');
      assert.deepEqual(space['my_optim.nesterov'], {
        type: 'categorical',
        choices: ['--my-optim.nesterov', '--my-optim.no-nesterov'],
      });
    }
  });

  it('is left out where its own name is left out of flags', () => {
    const named = script('import cyclopts\n@Parameter(name="*")', 'cyclopts.run');
    assert.equal(drafted(named).command, '--gamma {gamma}');
  });
});

describe('names that are given', () => {
  it('are those of typer and cyclopts: of subcommands, whose function prints the metric, and of flags', () => {
    const typer = `import typer
app = typer.Typer()
@app.command("fit")
def train_model(data: str = typer.Argument(...), run: str = typer.Option(...), lr: float = typer.Option(0.01, "--rate", "-l"),
    nesterov: bool = typer.Option(True, "--nesterov/--full"), tied: bool = typer.Option(False, "--tied"), tidy: bool = typer.Option(True, "--tidy")):
    print("val_loss:", 1)

@app.command(name="score")
def other(): print("acc:", 1)
app()
`;
    const { command, metric, space, check } = drafted(typer);
    assert.equal(command, 'fit {nesterov} {tied} --run RUN --rate {lr} DATA');
    assert.equal(metric, 'val_loss');
    assert.deepEqual(space['nesterov'], { type: 'categorical', choices: ['--nesterov', '--full'] });
    assert.deepEqual(space['tied'], { type: 'categorical', choices: ['--tied', ''] });
    assert.match(check.join(' '), /score/);
    const click = `import click
@cli.command("fit")
@click.option("--lr", default=0.1)
def train_cmd(lr):
    print("val_loss:", lr)

@cli.command()
def score(): print("acc:", 1)
`;
    assert.equal(drafted(click).metric, 'val_loss');
    const cyclopts = `from cyclopts import App, Parameter
app = App()
@app.command(name="fit")
def train_model(*, width: Annotated[int, Parameter(name=["--net-width", "-w"])] = 64): pass
app()
`;
    assert.equal(drafted(cyclopts).command, 'fit --net-width {width}');
  });

  it('are words for off too, and what goes by place alone has none', () => {
    const script = (negative: string) => `from cyclopts import App, Parameter
app = App()
@app.default
def main(data: str, /, *, nesterov: Annotated[bool, Parameter(negative="${negative}")] = False): pass
app()
`;
    const { command, space } = drafted(script('--full'));
    assert.equal(command, '{nesterov} DATA');
    assert.deepEqual(space['nesterov'], { type: 'categorical', choices: ['--nesterov', '--full'] });
    assert.deepEqual(drafted(script('')).space['nesterov'], { type: 'categorical', choices: ['--nesterov', ''] });
    const on = script('').replace('= False', '= True');
    assert.equal(drafted(on).command, 'DATA', 'nothing switches it off');
  });

  it('are those of tyro, and those that all of its flags follow', () => {
    const script = (more: string) => `import tyro
@dataclass
class Optim:
    lr: Annotated[float, tyro.conf.arg(help="x", name="rate")] = 0.1
    nesterov: bool = False
@dataclass
class Args:
    optim: Optim = field(default_factory=Optim)
tyro.cli(Args${more})
`;
    assert.equal(drafted(script('')).command, '{optim.nesterov} --optim.rate {optim.lr}');
    assert.equal(drafted(script(', config=(tyro.conf.OmitArgPrefixes,)')).command, '{nesterov} --rate {lr}');
    const off = drafted(script(', config=(tyro.conf.FlagConversionOff,)'));
    assert.equal(off.command, '--optim.rate {optim.lr} --optim.nesterov {optim.nesterov}');
    assert.deepEqual(off.space['optim.nesterov'], { type: 'categorical', choices: ['True', 'False'] });
  });

  it('are not those of a group of flags', () => {
    const script =
      'import cyclopts\ndef main(lr: Annotated[float, Parameter(group=Group(name="Optim"))] = 0.1): pass\ncyclopts.run(main)\n';
    assert.equal(drafted(script).command, '--lr {lr}');
  });

  it('leave out subcommands of an app within another', () => {
    const script = `import typer
app = typer.Typer()
sub = typer.Typer()
app.add_typer(sub, name="train")
@sub.command()
def run(lr: float = 0.1): pass
@app.command()
def fit(width: int = 64): pass
`;
    assert.deepEqual(drafted(script).names, ['width']);
  });
});

describe('what is not known', () => {
  it('is a helper among all functions that fire takes', () => {
    const script = (main: string) => `import fire
def set_seed(gain=0.5): pass
def ${main}(lr=0.01): print("loss=1")
fire.Fire()
`;
    assert.equal(drafted(script('main')).command, 'main --lr {lr}');
    assert.equal(drafted(script('evaluate')).command, '');
  });

  it('is what a class with methods needs behind its flags in jsonargparse', () => {
    const script = (method: string) =>
      `import jsonargparse\n@dataclass\nclass C:\n    lr: float = 0.1\n    ${method}\njsonargparse.CLI(C)\n`;
    assert.equal(drafted(script('def _own(self): pass')).command, '--lr {lr}');
    assert.equal(drafted(script('def run(self, epochs: int = 3): pass')).command, '');
  });

  it('is how simple_parsing names what is not flat, and a field that no flag sets', () => {
    const script = (more: string) =>
      `import simple_parsing\n@dataclass\nclass C:\n    lr: float = 0.1\n    kept: float = field(default=0.5, init=False)\n    own: float = field(default=0.5, cmd=False)\n${more}\nsimple_parsing.parse(C)\n`;
    assert.equal(drafted(script('')).command, '--lr {lr}');
    for (const more of ['    net: Net = subgroups({"a": A})', 'mode = ArgumentGenerationMode.NESTED']) {
      assert.equal(drafted(script(more)).command, '');
    }
    assert.equal(drafted(script('').replace('parse(C)', 'parse(C, prefix="hp_")')).command, '');
  });

  it('is what a group of Hydra gives', () => {
    const script = `
@dataclass
class Config:
    optim: Any = MISSING
    width: int = 64
cs.store(group="optim", name="adam", node=Adam)
cs.store(name="config", node=Config)
@hydra.main(version_base=None, config_name="config")
def main(cfg): print("loss=1")
`;
    assert.equal(drafted(script).command, 'width={width}');
  });
});

describe('OmegaConf behind argparse', () => {
  it('has the arguments of both', () => {
    const script = `
@dataclass
class C:
    lr: float = 0.1
parser.add_argument("--run-name", required=True)
args, rest = parser.parse_known_args()
OmegaConf.merge(OmegaConf.structured(C), OmegaConf.from_cli(rest))
`;
    assert.equal(drafted(script).command, '--run-name RUN_NAME lr={lr}');
  });
});

describe('LightningCLI', () => {
  it('leaves out what is linked from several, and takes the mean of a metric that is logged for steps and epochs', () => {
    const script = `from lightning.pytorch.cli import LightningCLI
class Net(LightningModule):
    def __init__(self, lr: float = 1e-3, width: int = 64): pass
    def training_step(self, batch):
        self.log("val/loss", loss, on_step=True, on_epoch=True, prog_bar=True)
class Own(LightningCLI):
    def add_arguments_to_parser(self, parser):
        parser.link_arguments(("data.a", "data.b"), "model.width", compute_fn=max)
Own(Net)
`;
    const { command, metric } = drafted(script);
    assert.equal(command, 'fit --model.lr {model.lr}');
    const imported = `from lightning.pytorch.cli import LightningCLI\nfrom ..nets import Net\nLightningCLI(Net)\n`;
    const net = 'class Net:\n    def __init__(self, lr: float = 1e-3): pass\n';
    assert.deepEqual(drafted(imported, { '../nets.py': net }).names, ['model.lr']);
    assert.equal(metric, 'val/loss_epoch');
  });
});
