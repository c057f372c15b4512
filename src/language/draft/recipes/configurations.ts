import type { Recipe } from './recipe.ts';

const SOURCE = 'Hu et al. 2021, "LoRA"; Dettmers et al. 2023, "QLoRA", section 4 and appendix B';

export const AXOLOTL: Recipe = {
  name: 'axolotl',
  source: `${SOURCE}; axolotl documentation, "Config Reference"`,
  imports: [],
  calls: [],
  space: {
    learning_rate: { low: 1e-5, high: 1e-3, log: true },
    micro_batch_size: { choices: [1, 2, 4, 8] },
    gradient_accumulation_steps: { choices: [1, 2, 4, 8] },
    lora_r: { choices: [8, 16, 32, 64] },
    lora_alpha: { choices: [8, 16, 32, 64] },
    lora_dropout: { low: 0, high: 0.1 },
    weight_decay: { low: 0, high: 0.1 },
    warmup_ratio: { low: 0, high: 0.2 },
    warmup_steps: { low: 0, high: 200, int: true },
    max_grad_norm: { low: 0.1, high: 2, log: true },
    lr_scheduler: { choices: ['cosine', 'linear', 'constant_with_warmup'] },
    neftune_noise_alpha: { low: 1, high: 15 },
  },
  metrics: { eval_loss: 'minimize' },
  fidelity: ['num_epochs', 'max_steps'],
  file: { has: ['base_model', 'datasets', 'learning_rate'], command: 'accelerate launch -m axolotl.cli.train {file}' },
};

export const TORCHTUNE: Recipe = {
  name: 'torchtune',
  source: `${SOURCE}; torchtune documentation, "LoRA finetune"`,
  imports: [],
  calls: [],
  space: {
    lr: { low: 1e-5, high: 1e-3, log: true },
    weight_decay: { low: 0, high: 0.1 },
    lora_rank: { choices: [8, 16, 32, 64] },
    lora_alpha: { choices: [16, 32, 64, 128] },
    lora_dropout: { low: 0, high: 0.1 },
    batch_size: { choices: [1, 2, 4, 8] },
    gradient_accumulation_steps: { choices: [1, 2, 4, 8] },
    num_warmup_steps: { low: 0, high: 200, int: true },
  },
  metrics: { loss: 'minimize', val_loss: 'minimize' },
  fidelity: ['epochs', 'max_steps_per_epoch'],
  file: {
    has: ['_component_: torchtune', 'optimizer', 'tokenizer'],
    command: 'tune run lora_finetune_single_device --config {file}',
  },
};

export const SPACY: Recipe = {
  name: 'spaCy',
  source: 'spaCy documentation, "Training Pipelines & Models"; Kingma and Ba 2015, "Adam"',
  imports: [],
  calls: [],
  space: {
    learn_rate: { low: 1e-5, high: 1e-2, log: true },
    dropout: { low: 0, high: 0.5 },
    L2: { low: 1e-4, high: 0.1, log: true },
    width: { choices: [64, 96, 128, 256] },
    depth: { low: 2, high: 8, int: true },
    embed_size: { choices: [1000, 2000, 5000] },
    window_size: { low: 1, high: 3, int: true },
    hidden_width: { choices: [32, 64, 128] },
  },
  metrics: { score: 'maximize' },
  fidelity: ['max_steps', 'max_epochs'],
  file: { has: ['[nlp]', '[training]', '[components'], command: 'python -m spacy train {file}' },
};
