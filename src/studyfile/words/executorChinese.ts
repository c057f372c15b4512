/** Descriptions of executorSchema.ts in Simplified Chinese, by their English text. */
export const CHINESE_EXECUTORS: Readonly<Record<string, string>> = {
  'The Node on the cluster that runs the workers: a program on its PATH, or a path; `node` by default.':
    '集群上运行工作进程的 Node：PATH 上的程序名或路径；默认 `node`。',
  'How often a worker shows that it lives; one that is silent for twice as long is dead, and its trial runs again. 30s by default.':
    '工作进程多久表明一次自己还在；沉默时间达到两倍即视为已死，其试验会重新运行。默认 30s。',
  'Absolute path of a folder that every worker sees, for the checkpoints of trials that a scheduler trains in parts.':
    '所有工作进程都能看到的文件夹的绝对路径，用于存放调度器分段训练的试验的检查点。',
  'On this machine.': '在本机。',
  'The folder that is packed and uploaded, relative to the study file; its own folder by default. What .gitignore and .rayignore name stays at home, and so do secrets.':
    '打包上传的文件夹，相对于研究文件；默认为研究文件所在文件夹。.gitignore 和 .rayignore 列出的内容以及机密文件不会上传。',
  'Further patterns to leave out, as in .gitignore.': '另外要排除的模式，写法同 .gitignore。',
  'Environment variables of the workers.': '工作进程的环境变量。',
  'Python packages that Ray installs for the workers: a list, or a file.':
    'Ray 为工作进程安装的 Python 包：列表或文件。',
  'Python packages that Ray installs for the workers with uv.': 'Ray 用 uv 为工作进程安装的 Python 包。',
  'A conda environment for the workers.': '工作进程的 conda 环境。',
  'Python modules for the workers, by URI.': '工作进程的 Python 模块，以 URI 给出。',
  'A container image that the workers run in.': '工作进程所在的容器镜像。',
  'Settings of the environment, such as `setup_timeout_seconds`.': '运行环境的设置，例如 `setup_timeout_seconds`。',
  "Ray's runtime environment of the workers.": '工作进程的 Ray 运行环境（runtime environment）。',
  'Workers are jobs of a Ray cluster, submitted to its dashboard.': '工作进程是 Ray 集群的作业，提交给它的仪表板。',
  "The dashboard's address, such as http://head:8265; RAY_API_SERVER_ADDRESS or http://127.0.0.1:8265 by default. A token is read as Ray reads it: RAY_AUTH_TOKEN, RAY_AUTH_TOKEN_PATH or ~/.ray/auth_token.":
    '仪表板的地址，例如 http://head:8265；默认为 RAY_API_SERVER_ADDRESS 或 http://127.0.0.1:8265。令牌的读取方式与 Ray 相同：RAY_AUTH_TOKEN、RAY_AUTH_TOKEN_PATH 或 ~/.ray/auth_token。',
  'CPUs that a worker, and so a trial, reserves; 1 by default.': '一个工作进程（即一次试验）占用的 CPU 数；默认 1。',
  'GPUs that a worker, and so a trial, reserves.': '一个工作进程（即一次试验）占用的 GPU 数。',
  'File with the authorities that may have signed the certificate of an https:// address, relative to the study file; those that Node knows and NODE_EXTRA_CA_CERTS names by default.':
    '可以签发 https:// 地址所用证书的机构的文件，相对路径以研究文件为准；默认是 Node 认识的和 NODE_EXTRA_CA_CERTS 指定的机构。',
  'Memory that a worker reserves, in bytes.': '一个工作进程占用的内存，以字节计。',
  'Custom resources that a worker reserves, by name.': '一个工作进程占用的自定义资源，按名称。',
  'Labels of the nodes that may run a worker.': '可以运行工作进程的节点的标签。',
  'Workers are a job array of a Slurm cluster.': '工作进程是 Slurm 集群的作业数组。',
  'Partition of the workers.': '工作进程的分区。',
  'Account that is charged.': '计费账户。',
  'Quality of service.': '服务质量（QOS）。',
  'Time limit of a worker: minutes, hh:mm:ss or d-hh:mm:ss. A trial that it cuts off runs again.':
    '工作进程的时限：分钟数、hh:mm:ss 或 d-hh:mm:ss。被它中断的试验会重新运行。',
  'Memory of a worker, such as 8G; a number is in MB.': '一个工作进程的内存，例如 8G；只写数字则以 MB 计。',
  'Memory per CPU, such as 2G.': '每个 CPU 的内存，例如 2G。',
  'CPUs of a worker, and so of a trial.': '一个工作进程（即一次试验）的 CPU 数。',
  'Generic resources of a worker, such as gpu:1.': '一个工作进程的通用资源，例如 gpu:1。',
  'GPUs of a worker, such as 1 or a100:1.': '一个工作进程的 GPU，例如 1 或 a100:1。',
  'Features that a node must have.': '节点必须具备的特性。',
  'Nodes to run on.': '要使用的节点。',
  'Nodes not to run on.': '不使用的节点。',
  'Reservation to run in.': '要使用的预留。',
  'Licenses of a worker.': '一个工作进程的许可证。',
  'Lowers the priority by so much.': '把优先级降低这么多。',
  'Workers of the array that Slurm may run at a time (the number after % in --array).':
    '数组中 Slurm 可同时运行的工作进程数（--array 中 % 后的数字）。',
  'Login node on which sbatch, squeue and scancel run, as ssh takes it (`me@login`), without a password; here by default.':
    '运行 sbatch、squeue 和 scancel 的登录节点，写法同 ssh（`me@login`），须免密码登录；默认为本机。',
  'Absolute folder on the cluster that the working folder is copied to, with `ssh`; a folder in ~/.tuneboard by default.':
    '使用 `ssh` 时，工作文件夹复制到集群上的绝对路径；默认为 ~/.tuneboard 里的文件夹。',
  'Shell lines that a job runs before its worker, such as `module load nodejs`.':
    '作业在工作进程之前运行的 shell 命令，例如 `module load nodejs`。',
  'Where trials run: `local`, or as workers on a `ray` or `slurm` cluster, `parallel` of them, one trial at a time each.':
    '试验在哪里运行：`local`，或作为 `ray` 或 `slurm` 集群上的工作进程，共 `parallel` 个，每个一次运行一个试验。',
};
