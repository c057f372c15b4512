/** Every environment variable that the code reads or sets, for the page of generate.ts. A unit test compares it with src. */

export interface Variable {
  readonly names: readonly string[];
  readonly en: string;
  readonly zh: string;
}

export interface VariableGroup {
  readonly heading: { readonly en: string; readonly zh: string };
  readonly variables: readonly Variable[];
}

function variable(names: string, en: string, zh: string): Variable {
  return { names: names.split(' '), en, zh };
}

export const ENVIRONMENT: readonly VariableGroup[] = [
  {
    heading: { en: 'What a trial gets', zh: '试验得到的' },
    variables: [
      variable('TUNEBOARD_PARAMS', 'The parameters, as a JSON object.', '参数，JSON 对象。'),
      variable('TUNEBOARD_STUDY', "The study's name.", '研究的名称。'),
      variable('TUNEBOARD_TRIAL_NUMBER', "The trial's number, from 0.", '试验的编号，从 0 开始。'),
      variable(
        'TUNEBOARD_BEST',
        'The best value of the study when the trial starts. Not set before there is one, nor with several objectives.',
        '试验开始时研究的最佳值。还没有最佳值或有多个目标时不设。',
      ),
      variable(
        'TUNEBOARD_CONFIG',
        "With `config`: the path of the template's file with the placeholders filled in.",
        '使用 `config` 时：已填好占位符的文件的路径。',
      ),
      variable(
        'TUNEBOARD_CHECKPOINT',
        "With a scheduler: the trial's own folder. It finds there what it left when it goes on.",
        '使用调度器时：试验自己的文件夹。继续训练时，能在其中找到先前保存的内容。',
      ),
      variable(
        'TUNEBOARD_STEP',
        'With a scheduler: the steps that the checkpoint has been trained; 0 without one.',
        '使用调度器时：检查点已训练的步数；没有检查点时为 0。',
      ),
      variable(
        'TUNEBOARD_BUDGET',
        'With a scheduler: the steps to have done before the trial pauses or ends. Not set: as many as it takes.',
        '使用调度器时：暂停或结束之前应完成的步数。不设：不限。',
      ),
      variable('CUDA_VISIBLE_DEVICES', 'With `gpus`: the GPU of this trial.', '使用 `gpus` 时：该试验的 GPU。'),
      variable(
        'TUNEBOARD_ENDPOINT TUNEBOARD_TOKEN',
        'Where `tuneboard.py` reports to, and the secret of the trial. A client in another language may use them: one JSON object a line.',
        '`tuneboard.py` 上报的地址，以及该试验的密钥。其他语言的客户端也可以使用：每行一个 JSON 对象。',
      ),
    ],
  },
  {
    heading: { en: 'Storages', zh: '存储' },
    variables: [
      variable(
        'TUNEBOARD_STORAGE_PASSWORD',
        'The password of the storage, where its URL has none. It comes before the variables below.',
        '存储的密码，用于 URL 中没有密码时。优先于下面的变量。',
      ),
      variable(
        'PGPASSWORD PGPASSFILE MYSQL_PWD REDISCLI_AUTH',
        "The password, or for PostgreSQL the file of passwords (`~/.pgpass`), as each server's own clients read it.",
        '密码，或 PostgreSQL 的密码文件（`~/.pgpass`），与各服务器自己的客户端相同。',
      ),
      variable(
        'PGHOST PGPORT PGUSER PGOPTIONS PGTZ',
        'What the URL of a PostgreSQL database leaves out, as libpq reads it.',
        'PostgreSQL 的 URL 中省略的部分，读法与 libpq 相同。',
      ),
      variable(
        'PGSSLMODE PGSSLROOTCERT PGSSLCERT PGSSLKEY',
        'Encryption and certificates of PostgreSQL, as libpq reads them.',
        'PostgreSQL 的加密和证书，读法与 libpq 相同。',
      ),
    ],
  },
  {
    heading: { en: 'Clusters', zh: '集群' },
    variables: [
      variable(
        'RAY_API_SERVER_ADDRESS RAY_ADDRESS',
        "The address of Ray's dashboard, where the study file has none; `http://127.0.0.1:8265` without.",
        'Ray 仪表板的地址，用于研究文件没有写明时；都没有时为 `http://127.0.0.1:8265`。',
      ),
      variable(
        'RAY_AUTH_TOKEN RAY_AUTH_TOKEN_PATH',
        'The token of a Ray cluster, or the file with it (`~/.ray/auth_token`).',
        'Ray 集群的令牌，或含有令牌的文件（`~/.ray/auth_token`）。',
      ),
      variable(
        'NODE_EXTRA_CA_CERTS',
        'A file with further certificate authorities, read by Node.',
        '含有更多证书颁发机构的文件，由 Node 读取。',
      ),
    ],
  },
  {
    heading: { en: 'The trainer', zh: '训练器' },
    variables: [
      variable(
        'TUNEBOARD_BACKEND',
        'Forces a backend: `tensorflow`, `wasm` or `cpu`.',
        '强制使用某个后端：`tensorflow`、`wasm` 或 `cpu`。',
      ),
      variable(
        'TUNEBOARD_TENSORFLOW',
        'A folder with libtensorflow, such as that of an installed Python package `tensorflow`.',
        '含有 libtensorflow 的文件夹，例如已安装的 Python 包 `tensorflow` 的文件夹。',
      ),
      variable(
        'TUNEBOARD_BACKENDS',
        "Where backends are installed; below `XDG_DATA_HOME` by default, in the editor in the extension's own storage.",
        '后端的安装位置；默认在 `XDG_DATA_HOME` 下，编辑器中为扩展自己的存储。',
      ),
      variable(
        'TUNEBOARD_SIMD',
        'Limits the vectors of the TensorFlow operations: `avx2` or `base`. For tests.',
        '限制 TensorFlow 算子所用的向量指令：`avx2` 或 `base`。用于测试。',
      ),
    ],
  },
  {
    heading: { en: 'Programs and folders', zh: '程序与文件夹' },
    variables: [
      variable(
        'VIRTUAL_ENV CONDA_PREFIX',
        'The active Python environment: where an interpreter is looked for.',
        '活动的 Python 环境：在其中寻找解释器。',
      ),
      variable(
        'XDG_STATE_HOME LOCALAPPDATA',
        'Where the key is kept that seals run records.',
        '保存运行记录密封密钥的位置。',
      ),
      variable('XDG_RUNTIME_DIR', 'Where the sockets of tuners are made.', '调参进程的套接字所在的位置。'),
      variable('NO_COLOR', 'Output without colours.', '输出不带颜色。'),
      variable(
        'TUNEBOARD_DEBUG',
        'Prints the stack of an unexpected error beside its sentence.',
        '意外错误除一句话外还打印调用栈。',
      ),
    ],
  },
];

/** Between processes of one run: not to be set by anybody else. */
export const INTERNAL_VARIABLES: readonly string[] = [
  'TUNEBOARD_DEBUGGED',
  'TUNEBOARD_ENGINE',
  'TUNEBOARD_JOB',
  'TUNEBOARD_LAUNCH',
  'TUNEBOARD_OBJECTIVES',
  'TUNEBOARD_REPAIR',
  'TUNEBOARD_RUN',
  'TUNEBOARD_SCRIPT_KEY',
  'TUNEBOARD_SEARCH',
  'TUNEBOARD_SITES',
  'TUNEBOARD_STORAGE_SEALED',
  'TUNEBOARD_TRAINER',
  'TUNEBOARD_TRIAL_KEY',
  'TUNEBOARD_WANDB',
];
