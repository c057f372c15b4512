"""One turn of a size of the trainer bench in PyTorch, on one thread: `trainerTorch.py SIZE_AS_JSON`. See trainerSizes.ts."""

import json
import resource
import sys
import time

import torch
from transformers import BertConfig, BertForSequenceClassification

size = json.loads(sys.argv[1])
torch.set_num_threads(1)
model = BertForSequenceClassification(
    BertConfig(
        vocab_size=size["vocabulary"],
        hidden_size=size["hidden"],
        num_hidden_layers=size["layers"],
        num_attention_heads=size["heads"],
        intermediate_size=size["inner"],
    )
)
shape = (size["batch"], size["length"])
ids = (torch.arange(shape[0] * shape[1]) * 7919 % (size["vocabulary"] - 1) + 1).reshape(shape)
batch = dict(input_ids=ids, attention_mask=torch.ones_like(ids))
labels = torch.arange(shape[0]) % 2
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)


def train():
    loss = model(**batch, labels=labels).loss
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def evaluate():
    with torch.no_grad():
        return model(**batch).logits.tolist()


def sequences_per_second(run):
    run()
    before = time.process_time()
    for _ in range(size["steps"]):
        run()
    return shape[0] * size["steps"] / (time.process_time() - before)


model.train()
training = sequences_per_second(train)
model.eval()
evaluation = sequences_per_second(evaluate)
megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(dict(training=training, evaluation=evaluation, megabytes=megabytes)))
