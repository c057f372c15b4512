import type { SCRIPT } from '../en/script.ts';
import { chinese } from '../message.ts';

export const SCRIPT_ZH = chinese<typeof SCRIPT>()({
  'evaluation-strategy': 'transformers 5 中该参数名为 `eval_strategy`；`evaluation_strategy` 已不存在。',
  'evaluation-strategyFix': '将 evaluation_strategy 改名为 eval_strategy',
  'adamw-hf': 'transformers 5 已没有优化器 `adamw_hf`：请改用 `adamw_torch`。',
  'adamw-hfFix': '将 adamw_hf 替换为 adamw_torch',
  'tokenizer-argument': 'transformers 5 中 Trainer 的该参数名为 `processing_class`；`tokenizer` 已不存在。',
  'tokenizer-argumentFix': '将 tokenizer 改名为 processing_class',
  'no-model-init': '进行搜索时，Trainer 需要 `model_init=`（创建模型的函数），而不是 `model=`。',
  'no-accelerate': 'transformers 需要 accelerate 包：请运行 `pip install accelerate` 安装。',
  'no-backend': 'hyperparameter_search 需要 Optuna：请运行 `pip install optuna` 安装。',
  'missing-module': '此 Python 没有安装模块 `{what}`：请安装，或选择其他解释器。',
  'out-of-gpu-memory': 'GPU 显存不足：请减小搜索空间中最大的批大小，或传入 `catch=(RuntimeError,)`，使这样的试验只是失败。',
  'dynamic-choices': '某个参数的选项与之前不同：同一研究中，参数的选项必须保持不变。',
  'duplicate-study': '存储中已有研究 `{what}`：请传入 `load_if_exists=True` 继续它，或使用其他 study_name。',
  'no-completed-trial': '脚本要取最佳试验，但没有试验完成。',
  'file-not-found': '脚本找不到 {what}：路径以脚本所在的文件夹为准。',
});
