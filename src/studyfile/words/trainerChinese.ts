import { LR_FACTOR, TRAINER_ARGUMENTS } from '../schema/trainerArguments.ts';

/** Descriptions of the trainer's keys in Simplified Chinese, by their English text. */
export const CHINESE_TRAINER: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [...Object.values(TRAINER_ARGUMENTS), LR_FACTOR].map(({ english, chinese }) => [english, chinese]),
  ),
  'Width of the model; 64 by default. A multiple of `num_attention_heads`.':
    '模型的宽度；默认 64。须是 `num_attention_heads` 的倍数。',
  'Layers; 2 by default.': '层数；默认 2。',
  'Attention heads a layer; 4 by default.': '每层的注意力头数；默认 4。',
  'Width inside a layer; 256 by default.': '层内的宽度；默认 256。',
  'Dropout of the layers; 0.1 by default.': '各层的 dropout；默认 0.1。',
  'Dropout of the attention; 0.1 by default.': '注意力的 dropout；默认 0.1。',
  'The size of the BERT that is trained from scratch, one token a character. It is not pretrained.':
    '从零训练的 BERT 的大小，一个字符一个词元。它没有经过预训练。',
  'A CSV, JSON lines or Parquet file with a text and a label a row, relative to the study file.':
    'CSV、JSON lines 或 Parquet 文件，每行一段文本和一个标签，相对于研究文件。',
  'The column with the texts.': '文本所在的列。',
  'The column with the classes: whole numbers from 0 on, or names, which are numbered in sorted order.':
    '类别所在的列：从 0 开始的整数，或名称（按排序编号）。',
  'Share of the rows (or their number) that is evaluated on, stratified by label; 0.25 by default.':
    '用于评估的行所占的比例（或行数），按标签分层；默认 0.25。',
  'Seed of the split, the same in every trial; 42 by default.': '划分数据的种子，每次试验相同；默认 42。',
  'Longest text in tokens; what is longer is cut. 128 by default.': '文本的最大词元数，超出部分截去；默认 128。',
  "Training arguments that are the same in every trial, named as Hugging Face's.":
    '每次试验都相同的训练参数，名称与 Hugging Face 一致。',
  'Fine-tunes a text classifier, with the parameters of `space` as training arguments.':
    '微调一个文本分类器，以 `space` 的参数为训练参数。',
  'A folder with a BERT as Hugging Face saves it (`config.json`, `vocab.txt` or `tokenizer.json`, `model.safetensors` or `pytorch_model.bin`), relative to the study file; or the size of one that is trained from scratch, one token a character.':
    'Hugging Face 格式的 BERT 文件夹（`config.json`、`vocab.txt` 或 `tokenizer.json`、`model.safetensors` 或 `pytorch_model.bin`），相对于研究文件；或从零训练的模型的大小，一个字符一个词元。',
  'The column with a second text that belongs to each first one.': '与第一段文本配对的第二段文本所在的列。',
  "Which evaluation is a trial's value: the `last`, as in Hugging Face's Trainer (default), or the `best`.":
    '以哪次评估作为试验的值：`last` 为最后一次，与 Hugging Face 的 Trainer 相同（默认）；`best` 为最好的一次。',
  'Whose checkpoints stay when a trial has ended: those of the `best` trial (default), of `all`, or of `none`.':
    '试验结束后保留哪些检查点：最佳试验的（`best`，默认）、全部（`all`）或都不保留（`none`）。',
  'What it computes with; `auto` by default: TensorFlow where it is installed, else WebAssembly, else plain JavaScript.':
    '用什么计算；默认 `auto`：已安装 TensorFlow 时用它，否则用 WebAssembly，再否则用纯 JavaScript。',
};
