import type { CLUSTER } from '../en/cluster.ts';
import { chinese } from '../message.ts';

export const CLUSTER_ZH = chinese<typeof CLUSTER>()({
  cannotReadWhichVerifyUnder: '无法读取 `executor` 下 `verify` 所指的 {path}：{why}',
  clusterNotPrepared: '集群尚未准备好。',
  doesNotLetRead: '{place} 不允许读取 {path}。',
  keyNamesPassphraseWhichNot: '{url} 所指的密钥有口令，口令不会交给工作进程：请指定没有口令、只有您能读取的密钥。',
  loginNodeCannotReachedSsh:
    '无法用 ssh 连接登录节点 {login}：{reason}。本机不知道它的密钥，或知道的是另一个：请手动登录一次（ssh {login2}），并核对显示的内容。',
  loginNodeCannotReachedSshCorrect:
    '无法用 ssh 连接登录节点 {login}：{reason}。请更正 `executor` 下的 `ssh` 或您的 ssh 配置。',
  loginNodeCannotReachedSshLook: '无法用 ssh 连接登录节点 {login}：{reason}。请检查它是否在运行、网络是否通畅。',
  loginNodeCannotReachedSshMust:
    '无法用 ssh 连接登录节点 {login}：{reason}。它必须允许无密码登录：请把您的密钥交给它（ssh-copy-id {login2}）。',
  machineNoInstallSlurmsCommands:
    '本机没有 {program}：请在这里安装 Slurm 的命令，或在 `executor` 下用 `ssh` 指定有这些命令的登录节点。',
  machineNoSshWhichLogin: '本机没有 ssh，而 `executor` 下的登录节点要靠它连接：请安装。',
  noInstallSlurmsCommandsThere:
    '{place} 上没有 {program}：请在那里安装 Slurm 的命令，或在 `executor` 下用 `ssh` 指定有这些命令的登录节点。',
  noWhichStoragesUrlEnvironment:
    '{place} 上没有存储的 URL 或环境变量所指的 {missing}：证书和密钥不会被发送，请放到那里，并使这里和所有节点上的路径相同。',
  notWhereRayTakesJobs: 'Ray 不在 {given} 接受作业：请在 `executor` 下写它的仪表板地址，例如 http://head:8265。',
  packageLargerThanTakes: '{what}：包超过了它所接受的大小。',
  slurmDidNotAnswerWithin: '{place} 上的 Slurm 在 {timeoutMs} 秒内没有回答：请检查集群是否在运行。',
  slurmDidNotEndWorkers: 'Slurm 没有结束工作进程：{why}。',
  slurmDidNotTakeWorkers: 'Slurm 没有接受工作进程：{stderr}。',
  slurmDoesNotAnswer: '{place} 上的 Slurm 没有回答：{stderr}。',
  studyEnded: '研究已结束。',
  studyFileMustFolderSent: '研究文件必须在发送给 Ray 的文件夹 {folder} 中：请更正 `runtime_env` 下的 `working_dir`。',
  thereNoSendClusterRun: '没有可以发送到集群的 {built}：请先运行 "npm run build"。',
  trialNotRunningCluster: '试验 {number} 没有在集群上运行。',
  wantsTokenAnotherOneSet:
    '{what}：它需要令牌，或另一个令牌。请设置 RAY_AUTH_TOKEN，或把 RAY_AUTH_TOKEN_PATH 设为令牌文件。',
  whatAnswersNotRayWrite: '在 {address} 回答的不是 Ray：请写它的仪表板地址，例如 http://head:8265。',
  workingFolderCouldNotCopied: '工作文件夹无法复制到 {place} 上的 {target}：{stderr}。',
  workingFolderMbEvenWhen:
    '工作文件夹打包后仍有 {bytes} MB，而 Ray 只接受 {mostPackageBytes} MB：请在 .rayignore 中写明工作进程不需要的内容。',
  workingFolderTakesNameWhat:
    '工作文件夹 {folder} 有 {total}，而 {limitOf} 只接受 {mostBytes}：请把工作进程不需要的写进 .gitignore，或放到它们能访问的地方。最大的：{named}。',
  andMore: '{named} 以及另外 {count} 个',
  jobsNamed: '名为 {name} 的作业',
  workersAndJobs: '{named} 和{jobs}',
  rayAt: '{place} 的 Ray',
  slurmOn: '{place} 上的 Slurm',
  slurmHere: '本机的 Slurm',
  leftWorkers:
    '不知道这些工作进程是否已结束：{workers}。从现在起的一天内，一旦能连接{where}就会结束它们；也可以手动结束：{command}',
  workersFailed: '先后有 {count} 个工作进程失败。{why}',
  workersLost: '工作进程先后丢失了 {count} 次，期间没有试验完成。{why}',
  rayIsLate: '它没有应答',
  noConnection: '没有连接',
  rayUnreachable: '无法在 {address} 连接 Ray 的头节点（{how}）：请启动它，或更正 `executor` 下的 `address`。',
  rayUnknownAuthority:
    '{address} 的 Ray 头节点的证书由这里不认识的机构签发：请在 `executor` 下用 `verify` 指定该机构的文件，或用环境变量 NODE_EXTRA_CA_CERTS 指定。',
  rayOtherAuthority:
    '{address} 的 Ray 头节点的证书由 {verify}（`executor` 下 `verify` 所指）中没有的机构签发：请指定签发它的机构的文件。',
  rayOtherName: '{address} 的 Ray 头节点的证书属于另一个名称：请在 `executor` 下的 `address` 写证书中的名称。',
  rayExpired: '{address} 的 Ray 头节点的证书今天无效：请更新证书，或校正本机时钟。',
  rayPlain: '{address} 的 Ray 头节点不加密：请在 `executor` 下的 `address` 写 http://。',
  rayNotSent: '无法把工作文件夹发送到 {address} 的 Ray',
  rayRefused: '{address} 的 Ray 拒绝了请求',
  rayTookNoWorker: '{address} 的 Ray 没有接受工作进程',
  rayTellsNoJobs: '{address} 的 Ray 不告知它的作业',
  rayDidNotStop: '{address} 的 Ray 没有停止 {id}',
  rayHasNoLog: '{address} 的 Ray 没有 {id} 的日志',
  rayAnswered: '{what}（{status}）：{reason}',
});
