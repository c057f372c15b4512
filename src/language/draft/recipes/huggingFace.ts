import type { Recipe } from './recipe.ts';

export const TRAINER: Recipe = {
  name: 'Hugging Face Trainer',
  source:
    'Devlin et al. 2019, "BERT", appendix A.3; Liu et al. 2019, "RoBERTa", appendix C; the default space of Trainer.hyperparameter_search',
  imports: ['transformers'],
  calls: ['TrainingArguments', 'Seq2SeqTrainingArguments'],
  anywhere: true,
  space: {
    learning_rate: { low: 1e-6, high: 1e-4, log: true },
    per_device_train_batch_size: { choices: [4, 8, 16, 32, 64] },
    weight_decay: { low: 0, high: 0.3 },
    warmup_ratio: { low: 0, high: 0.2 },
    warmup_steps: { low: 0, high: 1000, int: true },
    gradient_accumulation_steps: { choices: [1, 2, 4, 8] },
    label_smoothing_factor: { low: 0, high: 0.2 },
    max_grad_norm: { low: 0.1, high: 5, log: true },
    adam_beta1: { low: 0.8, high: 0.95 },
    adam_beta2: { low: 0.95, high: 0.9999 },
    lr_scheduler_type: { choices: ['linear', 'cosine', 'constant_with_warmup'] },
  },
  metrics: {
    eval_loss: 'minimize',
    eval_accuracy: 'maximize',
    eval_f1: 'maximize',
    eval_matthews_correlation: 'maximize',
    eval_rouge1: 'maximize',
    eval_bleu: 'maximize',
    eval_wer: 'minimize',
  },
  fidelity: ['num_train_epochs', 'max_steps'],
};

export const TRL: Recipe = {
  name: 'TRL',
  source:
    'Rafailov et al. 2023, "Direct Preference Optimization"; Dettmers et al. 2023, "QLoRA", section 4 and appendix B; TRL documentation',
  imports: ['trl'],
  calls: ['SFTConfig', 'DPOConfig', 'ORPOConfig', 'KTOConfig', 'CPOConfig', 'GRPOConfig', 'RewardConfig', 'RLOOConfig'],
  anywhere: true,
  space: {
    ...TRAINER.space,
    learning_rate: { low: 1e-6, high: 5e-4, log: true },
    per_device_train_batch_size: { choices: [1, 2, 4, 8, 16] },
    gradient_accumulation_steps: { choices: [1, 2, 4, 8, 16] },
    max_grad_norm: { low: 0.1, high: 1, log: true },
    beta: { low: 0.01, high: 0.5, log: true },
    neftune_noise_alpha: { low: 1, high: 15 },
    num_generations: { choices: [4, 8, 16] },
    temperature: { low: 0.5, high: 1.2 },
  },
  metrics: {
    ...TRAINER.metrics,
    'eval_rewards/accuracies': 'maximize',
    'eval_rewards/margins': 'maximize',
    reward: 'maximize',
  },
  fidelity: ['num_train_epochs', 'max_steps'],
};

export const PEFT: Recipe = {
  name: 'PEFT',
  source: 'Hu et al. 2021, "LoRA", section 7 and appendix D; Dettmers et al. 2023, "QLoRA", appendix A and B',
  imports: ['peft'],
  calls: [
    'LoraConfig',
    'AdaLoraConfig',
    'LoHaConfig',
    'LoKrConfig',
    'IA3Config',
    'PrefixTuningConfig',
    'PromptTuningConfig',
  ],
  anywhere: true,
  space: {
    r: { choices: [4, 8, 16, 32, 64] },
    lora_r: { choices: [4, 8, 16, 32, 64] },
    lora_rank: { choices: [4, 8, 16, 32, 64] },
    lora_alpha: { choices: [8, 16, 32, 64, 128] },
    lora_dropout: { low: 0, high: 0.1 },
    use_rslora: { choices: [true, false] },
    num_virtual_tokens: { low: 5, high: 100, int: true },
  },
  metrics: {},
  fidelity: [],
};
