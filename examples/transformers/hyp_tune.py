"""Fine-tunes a BERT classifier on labelled reviews and lets the Trainer search its hyperparameters with Optuna.

The model is made from a tiny configuration and the vocabulary from the characters of the data, so nothing is downloaded:
replace both by `from_pretrained(...)` for real work. Nothing in here knows of Tuneboard.

Needs: pip install "transformers>=5" torch datasets accelerate scikit-learn optuna
"""

# %% Data
from pathlib import Path

from datasets import load_dataset
from sklearn.metrics import accuracy_score, f1_score
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DataCollatorWithPadding,
    PreTrainedTokenizerFast,
    Trainer,
    TrainingArguments,
)

dataset = load_dataset("csv", data_files=str(Path("reviews.csv").resolve()), split="train")
dataset = dataset.filter(lambda row: row["review"] is not None)
dataset = dataset.train_test_split(test_size=0.2, seed=42)

# %% Tokenizer: one token a character
characters = sorted({character for review in dataset["train"]["review"] for character in review})
vocabulary = {token: index for index, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *characters])}
words = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
words.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
words.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
)


def tokenize(batch):
    tokens = tokenizer(batch["review"], max_length=64, truncation=True)
    tokens["labels"] = batch["label"]
    return tokens


tokenized = dataset.map(tokenize, batched=True, remove_columns=dataset["train"].column_names)

# %% Model and metrics
config = BertConfig(
    vocab_size=len(vocabulary),
    hidden_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=96,
    max_position_embeddings=64,
)


def model_init():
    return BertForSequenceClassification(config)


def compute_metrics(prediction):
    predicted = prediction.predictions.argmax(axis=-1)
    return {
        "accuracy": accuracy_score(prediction.label_ids, predicted),
        "f1": f1_score(prediction.label_ids, predicted),
    }


# %% Search
def hp_space(trial):
    return {
        "learning_rate": trial.suggest_float("learning_rate", 5e-4, 1e-2, log=True),
        "num_train_epochs": trial.suggest_int("num_train_epochs", 1, 4),
        "seed": trial.suggest_int("seed", 1, 40),
        "per_device_train_batch_size": trial.suggest_categorical("per_device_train_batch_size", [8, 16, 32]),
        "optim": trial.suggest_categorical("optim", ["sgd", "adamw_torch"]),
    }


arguments = TrainingArguments(
    output_dir="checkpoints",
    eval_strategy="epoch",
    save_strategy="no",
    logging_strategy="epoch",
    per_device_train_batch_size=16,
    per_device_eval_batch_size=64,
    learning_rate=2e-5,
    num_train_epochs=3,
    report_to="none",
    disable_tqdm=True,
    use_cpu=True,
)
trainer = Trainer(
    model_init=model_init,
    args=arguments,
    train_dataset=tokenized["train"],
    eval_dataset=tokenized["test"],
    data_collator=DataCollatorWithPadding(tokenizer=tokenizer),
    compute_metrics=compute_metrics,
)
best_run = trainer.hyperparameter_search(
    hp_space=hp_space,
    compute_objective=lambda x: x["eval_f1"],
    direction="maximize",
    n_trials=10,
    backend="optuna",
)
print(best_run)
