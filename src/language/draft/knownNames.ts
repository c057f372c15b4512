/**
 * What a name says about a number in a training script: hyperparameters with the range to search around the current
 * value, what keeps a run going but does not change its result, and how long the training is.
 *
 * Names are matched as words in lower case, whatever way they are written: `batchSize`, `BATCH_SIZE`, `--batch-size`
 * and `train.batch_size` are `batch size`. The first row that matches decides.
 */
export interface KnownName {
  readonly names: RegExp;
  readonly range: RangeRule;
  /** How much a search of it is worth, 1 to 10: the better ones come first in lists and drafts. */
  readonly rank: number;
}

/**
 * How a range is made of the current value.
 * `around`: float, from value / factor to value × factor, logarithmic; `fallback` where there is no value.
 * `between`: these bounds, widened to hold the value; int where the value is one.
 * `powers`: choices, the value halved and doubled that many times.
 * `count`: int, from half the value to twice it, at least `least`.
 * `share`: as a number of its size is: a decimal place around small ones, shares within 0 to 1.
 * `discount`: of the future's rewards, or of a step's size; `treeDepth`: -1 and 0 are no limit; `positive`: 1 at least;
 * `strength`: of a penalty, or a share of one loss in two.
 * `switch`: true and false.
 */
export type RangeRule =
  | { readonly rule: 'around'; readonly factor: number; readonly fallback: number }
  | {
      readonly rule: 'between';
      readonly low: number;
      readonly high: number;
      readonly log?: true;
      readonly whole?: true;
    }
  | { readonly rule: 'powers'; readonly times: number; readonly fallback: number }
  | { readonly rule: 'count'; readonly least: number }
  | { readonly rule: 'discount' | 'warmup' | 'share' | 'treeDepth' | 'positive' | 'strength' | 'switch' };

const around = (factor: number, fallback: number): RangeRule => ({ rule: 'around', factor, fallback });
const between = (low: number, high: number): RangeRule => ({ rule: 'between', low, high });
const logBetween = (low: number, high: number): RangeRule => ({ rule: 'between', low, high, log: true });
const powers = (times: number, fallback: number): RangeRule => ({ rule: 'powers', times, fallback });
const count = (least: number): RangeRule => ({ rule: 'count', least });

const row = (names: RegExp, rank: number, range: RangeRule): KnownName => ({ names, rank, range });

/** Hyperparameters by name, in the order in which they are tried. */
export const HYPERPARAMETERS: readonly KnownName[] = [
  // Sizes of steps.
  row(/\b(lr|learning rate) (decay|gamma|factor|mult|multiplier|drop|shrink)$/, 6, between(0.05, 0.99)),
  row(/\b(min|final|end) (lr|learning rate) (frac|fraction|ratio|factor)$|^lrf$/, 3, between(0, 0.5)),
  row(/\b(min|final|end) (lr|learning rate)$|^eta min$/, 3, around(10, 1e-5)),
  row(/\b(warmup|warm up) (ratio|frac|fraction|proportion|prop)$|\bpct start$/, 6, between(0, 0.3)),
  row(/\b(warmdown|cooldown|decay) (ratio|frac|fraction)$/, 5, between(0, 1)),
  row(/\bwarm ?up( (steps|iters|iterations|epochs|tokens|updates|lr))?$/, 6, { rule: 'warmup' }),
  row(
    /\b(lr|learn(ing)? ?rate|step ?size)( (init|initial|0|g|d|gen\w*|disc\w*|actor|critic|policy|value|backbone|head|encoder|decoder))?$|^(eta|eta0|rate|lr0)$/,
    10,
    around(10, 1e-3),
  ),

  // Sizes of batches.
  row(/\baccum\w*( (steps|batches|iters?|grad batches))?$|^accumulate grad batches$/, 3, powers(1, 1)),
  row(/\bbatch ?size( per (device|gpu))?( train)?$|\bbatch$|^(bs|bsz|mbs|micro bsz?)$/, 9, powers(2, 32)),
  row(/\bmini ?batch(es)?$/, 5, powers(1, 4)),

  // Regularisation.
  row(
    /\b(drop ?connect|drop ?path|stochastic depth|drop ?out|dp|pdrop|drop)( (rate|prob|probability|ratio|p))?$|\bdropout\b/,
    9,
    between(0, 0.6),
  ),
  row(/\b(weight ?decay|wd)$/, 8, around(100, 1e-4)),
  row(/^decay$/, 4, { rule: 'share' }),
  row(/^l1 ratio$/, 7, between(0, 1)),
  row(
    /\b(l1|l2|reg|regulari[sz]ation|regulari[sz]er|reg lambda|reg alpha|lambda l1|lambda l2|l2 leaf reg)( (reg|weight|strength|coef|rate|lambda))?$/,
    7,
    around(100, 1e-4),
  ),
  row(/\bsmoothing( (factor|eps|epsilon))?$/, 6, between(0, 0.3)),
  row(/\b(mixup|cutmix|mosaic|copy paste|random erasing|reprob|aug\w* (prob|p))( (alpha|prob|p))?$/, 5, between(0, 1)),
  row(/^(hsv [hsv]|translate|shear|fliplr|flipud)$/, 3, between(0, 1)),
  row(/\b(noise (alpha|std|scale|level|stddev)|sigma|init (std|scale)|initializer range)$/, 4, around(10, 0.1)),
  row(
    /\b(clip( grad)?( norm| value| val)?|(grad|gradient) (clip|norm)( (norm|val|value|max))?|max (grad|gradient|norm)( norm)?|clip ?(norm|value))$/,
    6,
    around(10, 1),
  ),

  // Optimisers.
  row(/\b(beta ?1|b1)$/, 6, between(0.8, 0.99)),
  row(/\b(beta ?2|b2)$/, 5, between(0.9, 0.9999)),
  row(/\bmomentum$/, 8, between(0, 0.99)),
  row(/^(rho|ema|ema decay|decay rate|moving average decay)$/, 4, between(0.8, 0.9999)),
  row(/^(adam )?(eps|epsilon)$/, 2, { rule: 'share' }),

  // Learning from rewards and preferences.
  row(/\bgae lambda$|^lam(bda)?$/, 6, between(0.8, 1)),
  row(/\b(gamma|discount( factor)?)$/, 7, { rule: 'discount' }),
  row(/\b(tau|polyak)$/, 5, logBetween(1e-3, 1)),
  row(/\b(clip (range|coef|ratio|eps|epsilon|param)|cliprange)( vf)?$/, 6, between(0.05, 0.4)),
  row(/^target kl$/, 4, around(10, 0.01)),
  row(
    /^(start|end) (e|eps|epsilon)$|\b(exploration|epsilon|eps) (initial |final )?(fraction|final|end|min|start|initial|decay|eps)$/,
    4,
    { rule: 'share' },
  ),
  row(/^(update|ppo|optim|opt|noptepochs) ?epochs$/, 5, count(1)),
  row(
    /^(target (network |update )?(update |frequency|interval)+|policy (frequency|delay)|train frequency)$/,
    3,
    count(1),
  ),
  row(/\bbeta$/, 5, around(10, 0.1)),
  row(/\btemperature$|^temp$/, 5, around(5, 1)),

  // Adapters.
  row(/^r$|\blora (r|rank|dim)$/, 8, powers(2, 16)),
  row(/\blora alpha$/, 7, powers(1, 32)),
  row(/^(num virtual tokens|prompt length|prefix (length|tokens))$/, 6, powers(2, 20)),

  // Trees and boosting.
  row(/\b(max|num) leaves$|\bmax leaf nodes$/, 9, powers(2, 31)),
  row(/\b(max|tree) depth$|^depth$/, 8, { rule: 'treeDepth' }),
  row(/^min (data|samples?|child|sum|instances|rows|examples|node)\b.*\b(leaf|split|samples|hessian|weight|size)$/, 7, {
    rule: 'positive',
  }),
  row(
    /^(sub ?sample|bagging fraction|(sub )?feature fraction( by ?node)?|col ?sample( ?by ?(tree|level|node))?|max (features|samples)|rsm)$/,
    7,
    between(0.4, 1),
  ),
  row(/^(bagging freq|subsample freq)$/, 4, { rule: 'between', low: 0, high: 10, whole: true }),
  row(/^(min split (gain|loss)|min gain to split|min impurity decrease|ccp alpha)$/, 4, between(0, 1)),
  row(/^(scale pos weight|max delta step)$/, 3, around(4, 1)),
  row(/^(border count|max bins?)$/, 3, powers(1, 255)),
  row(/^(random strength|bagging temperature)$/, 4, between(0, 10)),
  row(/\b(n|num) (estimators|trees)$|^(num boost rounds?|nrounds?|num rounds?|n ?trees?)$/, 7, count(10)),

  // Estimators of other kinds.
  row(/^word ngrams$/, 5, count(1)),
  row(/^mtry$/, 8, count(1)),
  row(/^(node ?size|min count)$/, 5, { rule: 'positive' }),
  row(/^c$/, 9, around(100, 1)),
  row(/^alpha$/, 7, { rule: 'strength' }),
  row(/^(nu|coef0|margin|power ?t|focal alpha)$/, 4, around(5, 0.5)),
  row(/\b(n|num|k) ?(neighbou?rs|clusters|components|topics|factors)$|^(k|nz|factors|latent factors)$/, 7, count(1)),
  row(/^degree$/, 4, { rule: 'between', low: 2, high: 5, whole: true }),
  row(/\b(coef|coeff|coefficient|weight|lambda)$|^(lambda|weight|coef) \w+$|^(alpha|beta) loss$/, 6, around(10, 0.1)),

  // Sizes of networks.
  row(/\b(n ?heads?|heads?|num attention heads)$/, 6, powers(1, 8)),
  row(/\b(n ?layers?|layers?|blocks|n ?blocks)$|\b(encoder|decoder|model|net|network) depth$/, 7, count(1)),
  row(
    /\b(hid|hidden|units?|dim|embed\w*|embd?|emb|width|neurons|filters|channels?|nodes|ffn?|feed ?forward|mlp|proj|latent|bottleneck|inner|intermediate|model|head|rnn|lstm|gru|attn|attention|state|z|d|n|fc\d?|conv\d?|dense\d?)( (dims?|size|units|features|channels|width|nodes|embd?|embed|hid|hidden|layer size|inner|model|ff|feed ?forward|proj|filters|z))+( ?\d)?$/,
    7,
    powers(1, 128),
  ),
  row(/^(dim|vec(tor)? size)$/, 7, powers(1, 128)),
  row(
    /^(n?hid|ngf|ndf|nef|ems?ize|d ?model|dmodel|latent)$|\b(hidden|units|neurons|embedding|embed|embd|filters|channels|width)( ?\d)?$/,
    7,
    powers(1, 128),
  ),
  row(
    /\b(mlp|expansion|width|expand|aspect) (ratio|factor|mult|multiplier)$|^(growth rate|widen factor)$/,
    4,
    count(1),
  ),
  row(/\b(kernel|pool|filter) ?size$/, 3, count(1)),
  row(/^(block size|bptt|context (length|size|window)|unroll( length)?|look ?back|window( size)?)$/, 2, powers(1, 128)),
  row(/\b(num|n) (experts|negatives|mixtures|gaussians|centers|hops|generations)$|^top ?k$/, 3, count(1)),
  row(/^rollout( steps| length)?$/, 5, powers(1, 128)),
  row(/\b(negative|relu) slope$/, 3, between(0.01, 0.3)),

  // Switches that change what is learnt.
  row(
    /^(use |no |with |without |not )?(nesterov|amsgrad|batch ?norm|bn|layer ?norm|norm|bias|include bias|residual|skip connections?|bidirectional|tied?|tie weights|augment(ation)?|anneal( ?lr)?|lr decay|decay lr|norm adv|clip vloss|normali[sz]e adv\w*|dueling|double( dqn| q)?|bootstrap|fit intercept|rslora|cos lr|pre ?norm)$/,
    3,
    { rule: 'switch' },
  ),
];

/** The words of a name that choose among kinds: searched where the script lists what there is. */
export const CHOICES =
  /\b(optim(izer|iser)?|opt|activation( fn| function)?|act( fn)?|nonlinearity|(lr )?sched(uler|ule)?( type)?|lr policy|kernel|criterion|norm(alization)?( type)?|pool(ing)?|init(ialization|ializer)?( method)?|solver|penalty|booster|boosting( type)?|loss( fn| function| type)?|arch(itecture)?|backbone|encoder|model( type)?|cell( type)?|rnn( type)?|aggregation|aggr|grow policy|weights|metric p|distance|target modules|lora target)$/;

/** What is tied to the machine, to files, to the data or to what is shown: left alone. */
export const INFRASTRUCTURE: readonly RegExp[] = [
  /\b(seed|seeds|random state|randomstate|manual ?seed|rng)\b/,
  // Where things are, and what they are called.
  /\b(path|paths|dir|dirs|directory|file|filename|files|folder|root|data ?root|output|out|outf|outdir|input|url|uri|host|hostname|port|address|name|names|project|entity|tags?|notes|group|id|uuid|token|user|username|repo|hub|bucket|prefix|suffix|config|conf|cfg|yaml|json|csv|version|lang|language|locale|title|description|template|prompt|vocab|classes|num classes|labels|nc|n classes|columns?|split|subset|fold|folds|cv|n splits|splits|test size|train size|valid size|testsize)\b/,
  // The machine.
  /\b(device|devices|gpus?|ngpu|cuda|cpu|cpus|mps|tpu|xpu|accel|accelerator|workers?|num ?workers|threads?|nthreads|nthread|num threads|jobs|n ?jobs|procs?|processes|nproc|n proc|rank|local rank|node rank|nodes count|nnodes|num nodes|world ?size|dist|distributed|ddp|fsdp|deepspeed|backend|master|rendezvous|rdzv|amp|fp16|bf16|fp32|tf32|fp8|half|mixed precision|precision|dtype|torch dtype|quant\w*|load in \dbit|autocast|compile|compiled|jit|xla|inductor|flash attention|flash attn|attn implementation|pin memory|prefetch( factor)?|persistent workers|memory|cache|cached|buffer size|buffer|shard\w*|offload|gradient checkpointing|checkpointing|checkpoint activations|deterministic|benchmark|cudnn|strategy|num ?envs|n ?envs|envs|tree method|sync\w*|timeout|retries|sleep|fused)\b/,
  // What is shown, saved, and done apart from training.
  /\b(verbose|verbosity|quiet|debug|debugging|silent|interval|every|freq|frequency|print|log|logs|logger|logging|logdir|log ?level|report( to)?|track|tracking|wandb|tensorboard|tb|mlflow|comet|neptune|clearml|progress|plot|plots|show|visuali[sz]e|vis|render|video|capture|save|saving|saves|export|onnx|push|upload|download|checkpoint|checkpoints|ckpt|resume|restore|pretrained|load|weights file|warnings?|profile|profiler|trace|dump|overwrite|force|exist ok|disable|enable|dry|dry ?run|dummy|fake|smoke|sanity|mode|task|stage|phase|action|sample only|only|evaluate|evaluation|eval|inference|infer|predict|generate|generation|val|valid|validation|dev|test|testing|train|training( mode)?|do|is|limit|max (samples|train samples|eval samples)|patience|early ?stop(ping)?|min delta|tol|tolerance|keep|total limit|latest|best|monitor|metric|help|yes|interactive|port|sample)\b/,
  // What the data is like.
  /\b(data|dataset|datasets|image ?size|img ?size|imgsz|image|img|images|resolution|crop|imageheight|imagewidth|height|sr|sample rate hz|sampling rate|num features|n features|in features|in channels|in dim|input size|input dim|output dim|out features|out channels|out dim|output size|upscale factor|mean|std|env|environment|model name|max (seq |source |target |new |prompt |completion |input |output )?(len|length|tokens)|max ?len|max position embeddings|max seq len|pad\w*|eos|bos|unk|layer norm eps|norm eps|rms norm eps|layer norm epsilon)\b/,
];

/** Names that hold a word of {@link INFRASTRUCTURE} and are a hyperparameter all the same. */
export const EXCEPTIONS =
  /^(?!.*\b(eval|val|valid|validation|test|dev|predict|inference|generation|sample|log|save|data)\b).*\b(batch( ?size)?|learning rate|lr|weight decay|dropout|drop)\b|^(num mini ?batches|train batch( ?size)?|scale pos weight|label smoothing|(train|update) epochs|random strength|lora (rank|r)|min (data|samples?|child)\b.*|(gradient |grad )?clip (val|value|norm|grad).*|(gradient|grad) clip.*|bagging freq|prefix (length|tokens)|num virtual tokens|window pattern|init (std|scale)|initializer range|noise std|policy (frequency|delay)|train frequency|target network frequency|max (features|samples|bin|leaf nodes)|(attn|attention|hidden|model|head|embed\w*|encoder|decoder) (dim|size|layers|heads).*|num (attention|encoder|decoder|hidden) (layers|heads)|kl beta|dpo beta)$/;

/** How long the training is: kept as it is. */
export const LENGTH =
  /\b(epochs?|n ?epochs?|num epochs?|total (time)?steps|timesteps|max steps|num steps|n steps|train steps|training steps|steps|steps per epoch|iterations?|iters?|max iters?|max iter|n ?iter|niters?|num iterations|max updates|num episodes|n episodes|episodes|max tokens total|total tokens|total timesteps|duration|time budget|hours|minutes|max time|lr decay iters|start epoch|epoch start|stopping rounds|early stopping rounds?|rounds no improve|n iter no change|t max|t mult|milestones?|max epochs|min epochs|(epoch )?repeats?)$/;

/** The groups around a name that make all of it infrastructure: `wandb.project`, `eval.batch_size`. */
export const INFRASTRUCTURE_GROUPS =
  /^(eval|evaluation|val|valid|validation|test|predict|inference|log|logs|logger|logging|wandb|mlflow|tensorboard|checkpoint|checkpointing|callbacks?|hydra|paths?|infra|hardware|distributed|launcher|deploy|serving|profiler|env|environment)$/;

/** Beside these, `num_steps` and `n_epochs` belong to one update and are searched. */
export const REINFORCEMENT = /^(total time ?steps|num envs|n envs|env id|gae lambda|clip (range|coef)|ent coef)$/;
