/** What samplers, pruners and schedulers and their options are, in Simplified Chinese, by the English text. */
export const CHINESE_METHODS: Readonly<Record<string, string>> = {
  'Random trials before the model starts; 10 by default.': '模型开始之前的随机试验数；默认 10。',
  'Evenly spread trials before a model starts; as many as parameters by default, from 6 to 10.':
    '模型开始之前均匀散布的试验数；默认与参数个数相同，6 至 10 次。',
  'Candidates a suggestion is the best of; 24 by default.': '每次建议从多少个候选中取最好；默认 24。',
  'Model parameters together; true by default with one objective.': '对参数联合建模；单目标时默认 true。',
  'Model parameters that occur together as groups, for conditional spaces; true by default.':
    '把一起出现的参数按组建模，用于条件空间；默认 true。',
  'Let running trials repel new ones; true by default.': '让正在运行的试验排斥新的建议；默认 true。',
  'Complete trials before anything is pruned; 5 by default.': '剪枝开始前需要完成的试验数；默认 5。',
  'Steps of a trial that are never pruned; 0 by default.': '每次试验最初不剪枝的步数；默认 0。',
  'Ask only every so many steps; 1 by default.': '每隔多少步判断一次；默认 1。',
  'Trials that must have reported at the step; 1 by default.': '该步至少要有多少次试验报告过；默认 1。',
  'Steps of a full training; by default what the first trial takes, which runs to its end.':
    '完整训练的步数；默认取第一次试验的步数，它会运行到结束。',
  'Steps that every trial gets before it is compared with others; 1 by default.':
    '每次试验在与其他试验比较之前至少训练的步数；默认 1。',
  'One of so many trials goes on to so many times the steps; 3 by default.':
    '每这么多次试验中有一次继续，训练步数增至这么多倍；默认 3。',
  'What decides who goes on: `probability` (default) by the chance that the extrapolated curve ends above the best, `rank` by the value so far.':
    '由什么决定谁继续：`probability`（默认）看外推的曲线最终优于当前最佳的概率，`rank` 看目前的值。',
  'What decides who goes on: `rank` (default) by the value so far, `probability` by the chance that the extrapolated curve ends above the best.':
    '由什么决定谁继续：`rank`（默认）看目前的值，`probability` 看外推的曲线最终优于当前最佳的概率。',
  'Checkpoints that stay when their trial has ended: of `complete` trials (default), `all` or `none`.':
    '试验结束后保留哪些检查点：`complete`（默认，完成的试验）、`all` 或 `none`。',
  'Members that train side by side; 8 by default.': '并行训练的成员数；默认 8。',
  'Steps after which a member is compared with the others; by default a twentieth of `max_resource`.':
    '成员每训练多少步与其他成员比较一次；默认为 `max_resource` 的二十分之一。',
  'The worst share of the members, which continue from copies of the best share; 0.25 by default.':
    '最差的这一部分成员改从最好的这一部分的副本继续；默认 0.25。',
  'Parameters that may change during training; all of them by default. Name those that a checkpoint can take.':
    '训练途中可以改变的参数；默认全部。请列出检查点能够接受其改变的参数。',
  'Compare only when every member has come as far; false by default: with what the others have reached.':
    '只在所有成员都训练到同样步数时比较；默认 false：与其他成员已达到的水平比较。',
  'Ladders that start at higher and higher steps; 1 by default: all trials start at the lowest.':
    '起点步数逐级升高的阶梯数；默认 1：所有试验都从最低一级开始。',
  'Results at a step before it is modelled; by default the number of parameters and one.':
    '某一步数有多少结果后才建模；默认为参数个数加一。',
  'Share of configurations drawn at random; a third by default.': '随机抽取的配置所占比例；默认三分之一。',
  'Chance that a parameter is drawn anew instead of perturbed; 0.25 by default.':
    '参数重新抽取而不是扰动的概率；默认 0.25。',
  'A perturbed number is multiplied by this or by 2 minus this; 1.2 by default, so 1.2 or 0.8.':
    '扰动时数值乘以它，或乘以 2 减去它；默认 1.2，即 1.2 或 0.8。',
  'Chooses for every trial among Gaussian processes, a random forest, TPE, CMA-ES and NSGA-II, by what the study is like: the default.':
    '按研究的情况，为每次试验在高斯过程、随机森林、TPE、CMA-ES 和 NSGA-II 中选择：默认。',
  'The tree-structured Parzen estimator as Optuna 5 sets it: cheap at any number of trials, good all round.':
    '树结构 Parzen 估计器（TPE），设置同 Optuna 5：试验再多也很快，各种情况都不错。',
  'Whose settings: `optuna5` (default), or `optuna4`, which models parameters one by one and does not look at running trials.':
    '采用谁的设置：`optuna5`（默认），或 `optuna4`，后者对参数逐个建模，也不看正在运行的试验。',
  'Choose a branch of a conditional space by all the parameters that it opens; false by default.':
    '选择条件空间的分支时，考虑该分支带来的所有参数；默认 false。',
  'Bayesian optimisation with Gaussian processes: the most from the first 300 trials, for tens of milliseconds of computing each.':
    '高斯过程贝叶斯优化：在前 300 次试验内效果最好，每次试验需几十毫秒的计算。',
  'Whether the same parameters always give the same value; false by default.':
    '相同参数是否总得到相同的值；默认 false。',
  'A random forest with expected improvement, as in SMAC: for conditional and mixed spaces with jumps, from tens of trials to thousands.':
    '随机森林加期望改进，如 SMAC：适合有跳变的条件空间和混合空间，试验数从几十到几千。',
  'Share of later trials that are random draws; 0.08 by default.': '之后的试验中随机抽取的比例；默认 0.08。',
  'CMA-ES: a normal distribution that learns the shape of the problem; for 300 trials or more of numeric parameters that interact.':
    'CMA-ES：一个会学习问题形状的正态分布；适合相互影响的数值参数、300 次以上的试验。',
  'Random trials before the model starts; 1 by default.': '模型开始之前的随机试验数；默认 1。',
  'Trials a generation; 4 + 3 ln(parameters) by default, more for noisy objectives.':
    '每一代的试验数；默认 4 + 3 ln(参数个数)，目标有噪声时宜更多。',
  'First step size as a share of every range; a sixth by default.': '初始步长，占每个范围的比例；默认六分之一。',
  'Learn the scale of each parameter only, not how they interact: for 50 parameters or more; false by default.':
    '只学习各参数的尺度，不学习相互影响：适合 50 个以上的参数；默认 false。',
  'Keep a chance to leave the present value of every integer and step; true by default where there are any.':
    '让每个整数和带步长的参数保留离开当前值的机会；有这类参数时默认 true。',
  'Adapt the learning rates: slower, but safer on noisy and rugged objectives; false by default.':
    '自适应学习率：较慢，但在有噪声、起伏多的目标上更稳妥；默认 false。',
  'On convergence start anew: `ipop` (default) with twice the population, `bipop` with large and small ones by turns, or `none`.':
    '收敛后重新开始：`ipop`（默认）把种群加倍，`bipop` 大小种群交替，`none` 不重新开始。',
  'Begin where the best quarter of at least ten earlier trials lies; true by default.':
    '从先前至少十次试验中最好的四分之一所在之处开始；默认 true。',
  'NSGA-II, a genetic algorithm that spreads along the Pareto front: for two or three objectives and hundreds of trials.':
    'NSGA-II，沿帕累托前沿散开的遗传算法：适合两三个目标、几百次试验。',
  'Trials a generation; 50 by default.': '每一代的试验数；默认 50。',
  'How two or three parents make a child: `uniform` (default) mixes their values, the others also make new ones between and around them.':
    '两三个父代如何产生子代：`uniform`（默认）混合它们的值，其他方式还在它们之间和周围产生新值。',
  'Share of children with several parents; 0.9 by default, the others are copies before they mutate.':
    '由多个父代产生的子代比例；默认 0.9，其余在变异前是副本。',
  'Chance that a value comes from the first parent; 0.5 by default.': '某个值来自第一个父代的概率；默认 0.5。',
  'How a value mutates: `resample` (default) draws it anew, `polynomial` moves a number a little.':
    '值如何变异：`resample`（默认）重新抽取，`polynomial` 把数值稍微移动。',
  'Chance of each value to mutate; one value in a child by default.': '每个值变异的概率；默认每个子代变异一个值。',
  'NSGA-III, a genetic algorithm along reference directions: for three objectives or more.':
    'NSGA-III，沿参考方向的遗传算法：适合三个以上的目标。',
  'How finely the reference directions divide the objectives; 3 by default.':
    '参考方向对各目标划分的细密程度；默认 3。',
  'Differential evolution: a population that learns steps from its own differences; for rugged objectives and many parallel trials.':
    '差分进化：从成员之间的差异学习步长的种群；适合起伏多的目标和大量并行试验。',
  'Members of the population; 2 for each parameter by default, from 20 to 40.':
    '种群成员数；默认每个参数 2 个，介于 20 与 40 之间。',
  'Share of the population that counts as the best; 0.15 by default.': '种群中算作最好的比例；默认 0.15。',
  'What a step starts from: a member on its way to one of the best (`currentToPbest1`, default), a random one (`rand1`, for very rugged objectives) or one of the best (`best1`).':
    '从何处迈步：朝某个最好成员移动的成员（`currentToPbest1`，默认）、随机成员（`rand1`，适合起伏很多的目标）或某个最好的成员（`best1`）。',
  'Descents from several starts: by the gradient that the objective reports (`{"gradient": …}`), else by SPSA with two trials a step; for smooth or noisy objectives.':
    '从多个起点下降：使用目标报告的梯度（`{"gradient": …}`），没有时用每步两次试验的 SPSA；适合光滑或有噪声的目标。',
  'Gaussian processes that see the derivatives of the validation loss beside its values, which the trainer takes through the whole training of each new best trial: for the learning rate and its factors by layer, weight decay, label smoothing and betas of AdamW. Only with the trainer and `metric: eval_loss`.':
    '高斯过程，除验证损失的值外还使用其导数，导数由训练器对每个新的最佳试验穿过整个训练求得：用于 AdamW 的学习率及其各层系数、权重衰减、标签平滑和 beta。只用于训练器，且须 `metric: eval_loss`。',
  'First step along every range with reported gradients, as a share of it; 0.1 by default.':
    '使用报告的梯度时，每个范围上的初始步长，占该范围的比例；默认 0.1。',
  'Independent uniform draws: a yardstick, and the right choice for very many parallel trials.':
    '独立的均匀抽取：可作比较的基准，也适合并行试验非常多的情况。',
  'Quasi-Monte Carlo: points that fill the space evenly; better than random draws, and as easily run in parallel.':
    '拟蒙特卡罗：均匀填满空间的点；比随机抽取更好，同样容易并行。',
  'The sequence: `sobol` (default), best for 2, 4, 8, … trials, or `halton`, good for any number.':
    '所用序列：`sobol`（默认），试验数为 2、4、8……时最好；或 `halton`，任何试验数都合适。',
  'Randomise the sequence by the seed, so that another seed gives other points; true by default.':
    '用种子打乱序列，使不同的种子给出不同的点；默认 true。',
  'Every combination of a finite space once, in a shuffled order.': '有限空间的每种组合各一次，顺序打乱。',
  'Every combination of a finite space once, however large, conditional or defined by a running script; counts what was tried before.':
    '有限空间的每种组合各一次，不论多大、是否有条件、是否由运行中的脚本定义；先前试过的也算在内。',
  'Ends a trial that is worse than the median of the others at the same step.':
    '结束在同一步差于其他试验中位数的试验。',
  'Ends a trial that is not among the best share of the others at the same step.':
    '结束在同一步不属于其他试验中最好一部分的试验。',
  'The share of trials to keep, 0 to 100; 25 by default.': '保留试验的百分比，0 到 100；默认 25。',
  'Lets only the best of every few trials go on to several times as many steps: saves most, where early steps tell.':
    '每几次试验只让最好的继续到数倍的步数：在早期步数能说明问题时最省。',
  'The step of the first rung; a hundredth of the first complete trial by default.':
    '第一级所在的步；默认为第一次完成的试验步数的百分之一。',
  'At every rung one trial in so many goes on; 4 by default.': '每一级中，每这么多次试验有一次继续；默认 4。',
  'At every rung one trial in so many goes on; 3 by default.': '每一级中，每这么多次试验有一次继续；默认 3。',
  'Rungs to leave out at the bottom, for trials that start slowly; 0 by default.':
    '略去最低的若干级，适合起步慢的试验；默认 0。',
  'End every trial at a rung until more than so many trials have reached it; 0 by default.':
    '到达某一级的试验不超过这个数时，全部结束；默认 0。',
  'Successive halving in several brackets that begin later and later: for when it is unclear how early steps tell.':
    '起点逐渐推后的多组逐次减半：适合不清楚早期步数有多可靠的情况。',
  'The step of the first rung; 1 by default.': '第一级所在的步；默认 1。',
  'Steps of a whole trial; those of the first complete trial by default.':
    '一次完整试验的步数；默认为第一次完成的试验的步数。',
  'Ends a trial whose curve, continued as those of complete trials went, will hardly beat the best: for curves that cross.':
    '参照已完成试验的走势推断曲线，结束几乎不可能超过最好结果的试验：适合会交叉的曲线。',
  'A trial ends when its chance to beat the best trial is below this; 0.01 by default.':
    '试验超过最好试验的概率低于此值时结束；默认 0.01。',
  'Complete trials with a curve before anything is pruned; 4 by default.':
    '剪枝开始前需要有曲线的已完成试验数；默认 4。',
  'Asks another pruner only when a trial has not improved for some reports: for curves that jump about.':
    '只有当试验连续若干次报告没有改进时，才询问另一个剪枝器：适合起伏不定的曲线。',
  'The pruner to ask, with its options beside it; median by default, `none` ends the trial at once.':
    '要询问的剪枝器，它的选项写在旁边；默认 median，`none` 直接结束试验。',
  'Reports without improvement to wait for; 5 by default.': '等待多少次没有改进的报告；默认 5。',
  'A smaller change for the better counts as none; 0 by default.': '小于此值的改进视为没有改进；默认 0。',
  'Ends a trial whose value is out of bounds or NaN: for runs that diverge.':
    '结束值超出界限或为 NaN 的试验：适合可能发散的运行。',
  'End a trial with a value below this; no bound by default.': '值低于此数时结束试验；默认没有界限。',
  'End a trial with a value above this; no bound by default.': '值高于此数时结束试验；默认没有界限。',
  'Compares with the best trial step by step: for a mean over folds or instances, each reported as a step.':
    '与最好的试验逐步比较：适合对多折或多个实例取平均、每个作为一步报告的情况。',
  'End a trial when the signed-rank test gives less; 0.1 by default.':
    '符号秩检验的 p 值低于此数时结束试验；默认 0.1。',
  'Steps in common with the best trial before anything is pruned; 2 by default.':
    '剪枝开始前与最好试验共有的步数；默认 2。',
  'Every trial runs to its end.': '每次试验都运行到底。',
  'Hyperband: brackets from many short trainings to few long ones; paused trials are promoted and continue.':
    'Hyperband：从很多短训练到少数长训练的多个分组；暂停的试验择优继续。',
  'Asynchronous successive halving: the best third goes on at once, nobody waits; right for many workers.':
    '异步逐次减半：最好的三分之一立即继续，无需等待；适合并行数多的情况。',
  'BOHB: Hyperband whose sampler (TPE in the paper) learns from the longest trainings with enough results.':
    'BOHB：采样器（论文中为 TPE）从结果足够多的最长训练中学习的 Hyperband。',
  'Population based training: the worst members copy the weights of the best and perturb their parameters; finds schedules.':
    '基于种群的训练：最差的成员复制最好成员的权重并扰动参数；能找到随时间变化的参数安排。',
  'Steps of a full training; 100 by default.': '一次完整训练的步数；默认 100。',
  'PBT that chooses new parameters by a Gaussian-process bandit instead of by chance; better with 4 to 8 members.':
    '用高斯过程赌博机而不是随机选择新参数的 PBT；成员为 4 到 8 个时更好。',
};
