import { CHINESE_EXECUTORS } from './executorChinese.ts';
import { CHINESE_METHODS } from './methodsChinese.ts';
import { CHINESE_TRAINER } from './trainerChinese.ts';

/** The schema's descriptions in Simplified Chinese, by their English text. */
export const CHINESE_DESCRIPTIONS: Readonly<Record<string, string>> = {
  ...CHINESE_METHODS,
  ...CHINESE_EXECUTORS,
  ...CHINESE_TRAINER,
  'The parameter exists only while every named parameter has the value, or one of the values, given here. Example: `when: { optim: sgd }`.':
    '只有当列出的每个参数都取到这里给出的值（或其中之一）时，该参数才存在。例如：`when: { optim: sgd }`。',
  'The smallest value, included.': '最小值，含端点。',
  'The largest value, included.': '最大值，含端点。',
  'Search on a logarithmic scale: right for learning rates and anything that spans decades. `low` must be above 0.':
    '按对数刻度搜索：适合学习率等跨越多个数量级的参数。`low` 必须大于 0。',
  'A real number between `low` and `high`.': '介于 `low` 与 `high` 之间的实数。',
  'Only values `low + k * step`. Not together with `log`.': '只取 `low + k * step`。不能与 `log` 同用。',
  'A whole number between `low` and `high`.': '介于 `low` 与 `high` 之间的整数。',
  'Only values `low + k * step`; 1 by default. Not together with `log`.':
    '只取 `low + k * step`；默认为 1。不能与 `log` 同用。',
  'One of a list of choices, in no order.': '若干选项之一，没有顺序。',
  'The values to choose from: numbers, strings, true, false or null.': '可选的值：数字、字符串、true、false 或 null。',
  'A parameter of the search space: `type` is float, int or categorical.':
    '搜索空间里的一个参数：`type` 为 float、int 或 categorical。',
  'A program with arguments, run once a trial. `{name}` stands for a parameter; `{{` and `}}` for braces. No shell is involved: quote as usual, pipes and `$VAR` need `shell: true`. Parameters are also in the environment variable TUNEBOARD_PARAMS, as JSON.':
    '带参数的程序，每次试验运行一次。`{name}` 代表一个参数；`{{` 和 `}}` 代表花括号本身。不经过 shell：照常使用引号，管道和 `$VAR` 需要 `shell: true`。参数也以 JSON 形式放在环境变量 TUNEBOARD_PARAMS 里。',
  'A Python script or notebook that uses Optuna, run as it is; it brings its own search space.':
    '使用 Optuna 的 Python 脚本或笔记本，原样运行；它自带搜索空间。',
  'Not available yet: run the module with `command: node objective.js`.':
    '尚不可用：请用 `command: node objective.js` 运行该模块。',
  'Run `command` through the shell. Parameters are quoted for it.': '通过 shell 运行 `command`。参数会为它加好引号。',
  "The command's working folder, relative to the study file; the study file's folder by default.":
    '命令的工作目录，相对于研究文件；默认为研究文件所在目录。',
  'Further environment variables of the command.': '命令的其他环境变量。',
  'A template file, relative to the study file: its `{name}` placeholders are filled into a file of the trial, whose path is `{config}` in the command.':
    '模板文件，相对于研究文件：其中的 `{name}` 占位符填入该次试验自己的文件，命令里用 `{config}` 表示它的路径。',
  'Longest time one trial may take; after it the trial is ended and recorded as failed.':
    '一次试验最长的时间；超时后试验被结束并记为失败。',
  'Arguments of the Optuna script.': 'Optuna 脚本的参数。',
  'How an Optuna script is watched: `hook` gives its in-memory study a trial log, `log` only reads what it prints.':
    '如何观察 Optuna 脚本：`hook` 为它内存中的研究写试验日志，`log` 只读取它打印的内容。',
  'The Python interpreter of the Optuna script; found by itself by default.':
    'Optuna 脚本使用的 Python 解释器；默认自动查找。',
  'What a trial runs: exactly one of `command`, `optuna` and `trainer`.':
    '试验运行什么：`command`、`optuna` 与 `trainer` 只写一个。',
  'Makes suggestions repeatable; drawn once and kept with the study by default.':
    '使建议可以重复；默认抽取一次并与研究一起保存。',
  'How parameters are proposed.': '如何提出参数。',
  'How far each trial is trained: trials are paused and promoted, or bred as a population.':
    '每次试验训练多久：试验会暂停、再择优继续，或作为种群演化。',
  'Reported values that must be 0 or less at the end of a trial; others make it infeasible.':
    '试验结束时必须不大于 0 的上报值；否则该试验视为不可行。',
  'Gives an Optuna script a sampler and pruner of Tuneboard where it names none of its own.':
    '在 Optuna 脚本没有指定采样器和剪枝器时，为它提供 Tuneboard 的。',
  'Also where the script names a sampler or pruner of its own; false by default.':
    '脚本自己指定了采样器或剪枝器时也使用；默认 false。',
  'When to end a trial early by its intermediate values.': '根据中间值在何时提前结束试验。',
  "The study's name; the file's name by default.": '研究的名称；默认为文件名。',
  'Whether the metric is to be minimised or maximised; minimize by default.': '指标要最小化还是最大化；默认 minimize。',
  'One direction an objective, with `metrics`.': '每个目标一个方向，与 `metrics` 一起使用。',
  'The printed value that is the objective, e.g. `eval_f1`: `eval_f1=0.9`, as JSON, or in words (`Eval F1: 0.9`).':
    '作为目标的打印值，例如 `eval_f1`：`eval_f1=0.9`、JSON，或文字（`Eval F1: 0.9`）。',
  'The reported values that are the objectives, with `directions`.': '作为目标的各报告值，与 `directions` 一起使用。',
  'The search space: a name and a range each.': '搜索空间：每个参数一个名称和范围。',
  'Finished trials to reach; 100 by default when no timeout is given.':
    '要达到的完成试验数；没有写 timeout 时默认 100。',
  'Running time after which no new trial starts.': '运行时间，之后不再开始新的试验。',
  'When the study ends: whichever comes first.': '研究何时结束：以先到者为准。',
  'Trials at a time; 1 by default.': '同时运行的试验数；默认 1。',
  'GPU ids; each running trial gets one of its own as CUDA_VISIBLE_DEVICES.':
    'GPU 编号；每个正在运行的试验独占一个，写入 CUDA_VISIBLE_DEVICES。',
  'Where the trials are kept: `journal` (default: a file in `.tuneboard` beside the study file), the path of a journal file or a SQLite database such as `sqlite:///study.db`, relative to the study file, or a database on a server, `postgresql://user@host/database`, `mysql://user@host/database` or `redis://host/0?prefix=name`, or what is behind a storage proxy of Optuna, `grpc://host:13000`. A password comes from the environment variable TUNEBOARD_STORAGE_PASSWORD.':
    '试验存放在哪里：`journal`（默认：研究文件旁 `.tuneboard` 里的文件）、一个日志文件或 SQLite 数据库（如 `sqlite:///study.db`）的路径，相对路径以研究文件为准；或服务器上的数据库，`postgresql://user@host/database`、`mysql://user@host/database` 或 `redis://host/0?prefix=name`；或 Optuna 存储代理背后的存储，`grpc://host:13000`。密码来自环境变量 TUNEBOARD_STORAGE_PASSWORD。',
  'A hyperparameter study.': '一项超参数研究。',
};
