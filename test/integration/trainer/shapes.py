"""Writes BERTs and tokenizers in all the forms that folders of models have, into the folder that is named, and facts.json: what
Python's transformers makes of each.

    python shapes.py FOLDER        (torch, transformers 5)
"""

import json
import os
import sys
from collections import OrderedDict
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import (
    AutoTokenizer, BertConfig, BertForMaskedLM, BertForPreTraining, BertForSequenceClassification, BertModel,
)

transformers.logging.set_verbosity_error()
out = Path(sys.argv[1])
torch.manual_seed(1)
torch.set_num_threads(1)
IDS = torch.tensor([[2, 5, 6, 7, 3, 0], [2, 9, 12, 13, 14, 3]])
TYPES = torch.tensor([[0, 0, 0, 1, 1, 0], [0, 0, 1, 1, 1, 1]])
SIZES = dict(
    vocab_size=30, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24,
    max_position_embeddings=10, num_labels=3, initializer_range=0.3,
)
models = {}


def config(**more):
    return BertConfig(**{**SIZES, **more})


def run(kind, name):
    model = kind.from_pretrained(str(out / name), dtype=torch.float32).eval()
    with torch.no_grad():
        return model(input_ids=IDS, attention_mask=(IDS != 0).long(), token_type_ids=TYPES)


def note(name, has_head=True):
    hidden = run(BertModel, name).last_hidden_state[:, 0].flatten().tolist()
    logits = run(BertForSequenceClassification, name).logits.flatten().tolist() if has_head else None
    models[name] = dict(hidden=hidden, logits=logits)


def made(name, model, has_head=False):
    model.save_pretrained(out / name)
    note(name, has_head)
    return model


plain = made("plain", BertForSequenceClassification(config()), True)
made("masked language model", BertForMaskedLM(config()))
made("pretraining", BertForPreTraining(config()))
made("encoder", BertModel(config()))
made("no pooler", BertModel(config(), add_pooling_layer=False))
for name, more in {
    "gelu_new": dict(hidden_act="gelu_new"), "relu": dict(hidden_act="relu"), "silu": dict(hidden_act="silu"),
    "epsilon": dict(layer_norm_eps=1e-3), "one label": dict(num_labels=1), "one head": dict(num_attention_heads=1),
    "odd sizes": dict(hidden_size=18, num_attention_heads=3, intermediate_size=7),
}.items():
    made(name, BertForSequenceClassification(config(**more)), True)
state = plain.state_dict()


def write(name, tensors, form="bin", shards=1, of=plain, has_head=True):
    folder = out / name
    of.config.save_pretrained(folder)
    save = {
        "bin": torch.save, "safetensors": save_file,
        "legacy": lambda values, path: torch.save(values, path, _use_new_zipfile_serialization=False),
    }[form]
    stem, ending = ("model", "safetensors") if form == "safetensors" else ("pytorch_model", "bin")
    if shards == 1:
        save(tensors, folder / f"{stem}.{ending}")
    else:
        places = {}
        for number in range(shards):
            part = f"{stem}-{number + 1:05d}-of-{shards:05d}.{ending}"
            names = list(tensors)[number::shards]
            save({one: tensors[one] for one in names}, folder / part)
            places.update({one: part for one in names})
        index = dict(metadata=dict(total_size=1), weight_map=places)
        (folder / f"{stem}.{ending}.index.json").write_text(json.dumps(index))
    note(name, has_head)


old = {name.replace("Norm.weight", "Norm.gamma").replace("Norm.bias", "Norm.beta"): one for name, one in state.items()}
buffers = {"bert.embeddings.position_ids": torch.arange(10)[None], "bert.embeddings.token_type_ids": torch.zeros(1, 10).long()}
parameters = OrderedDict((name, torch.nn.Parameter(one.clone())) for name, one in state.items())
joined = torch.cat([one.flatten() for one in state.values()])
views, at = {}, 0
for name, one in state.items():
    views[name] = joined[at:at + one.numel()].view(one.shape)
    at += one.numel()
write("gamma and beta", old)
write("gamma and beta, legacy", old, "legacy")
write("buffers", {**state, **buffers})
write("buffers, safetensors", {**state, **buffers}, "safetensors")
write("parts", state, shards=3)
write("parts, safetensors", state, "safetensors", shards=4)
for dtype in ("float16", "bfloat16", "float64"):
    cast = {name: one.to(getattr(torch, dtype)) for name, one in state.items()}
    write(dtype, cast)
    if dtype != "float64":
        write(f"{dtype}, safetensors", cast, "safetensors")
write("mixed", {name: one.half() if at % 2 else one for at, (name, one) in enumerate(state.items())}, "safetensors")
write("parameters", parameters)
write("parameters, legacy", parameters, "legacy")
write("views of one storage", views)
write("columns first", {name: one.T.contiguous().T if one.dim() == 2 else one for name, one in state.items()})
write("no prefix", {name.removeprefix("bert."): one for name, one in state.items() if "classifier" not in name}, has_head=False)
masked = BertForMaskedLM(config())
write("tied", masked.state_dict(), of=masked, has_head=False)


def named(name, **changes):
    settings = {**json.loads((out / "plain" / "config.json").read_text()), **changes}
    (out / name).mkdir()
    os.link(out / "plain" / "model.safetensors", out / name / "model.safetensors")
    (out / name / "config.json").write_text(json.dumps({key: one for key, one in settings.items() if one != "out"}))
    note(name)


named("named after RoBERTa", architectures=["RobertaForMaskedLM"], directionality="bidi", pooler_fc_size=768, output_past=True)
named("no model type", model_type="out", architectures=["BertForMaskedLM"])
named("untied", tie_word_embeddings=False)
named("number of labels alone", id2label="out", label2id="out", num_labels=3)
named("old dtype", torch_dtype="float16", dtype="out")
named("no padding", pad_token_id=None)

WORDS = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] hello world Hello World wor ##ld ##s he ##llo é e ##́ caf cafe café ##é Caf ##e 好 不 ##好 "
    "! , . ' - 1 2 ##2 a b ##b NEW new tok ##tok # ## 😀 ##😀 i ##i ß Ａ １ straße ##ße don t µ mask unk [ ] σας σασ ς σ α "
    "##α ##ς unused [unused1] ent user ##_ _ ##ity x ##y"
).split()
TEXTS = [
    "hello world", "Hello World!", "café Café CAFÉ", "cafe\u0301", "好不错好", "hello[MASK]world", "[CLS] hello [SEP]",
    "hello <e1> world<e1>", "user_tok NEWTOK newtok new tok", "don't", "😀😀", "İi", "straße ß", "ΣΑΣ σας", "a\u0000b\ufffdc",
    "\u200bhello\u00adworld", "hello\u3000world\u00a0a\tb\nc", "", "   ", "１２Ａ", "x" * 101, "a##b", "[unused1] x", "[mask] [MASK]",
    "entity <ENT> <ent>", "\U00020000好", "Ünïque 好 unique好 x",
]
tokenizers = {}


def vocabulary(name, settings=None, more=None, text="\n".join(WORDS) + "\n"):
    folder = out / name
    BertConfig(vocab_size=len(WORDS)).save_pretrained(folder)
    (folder / "vocab.txt").write_bytes(text.encode())
    if settings is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    for file, content in (more or {}).items():
        (folder / file).write_text(json.dumps(content))
    return encoded(name)


def encoded(name):
    made = AutoTokenizer.from_pretrained(str(out / name))
    pairs = [text for text in TEXTS if text.strip()]
    tokenizers[name] = dict(
        ids=made(TEXTS)["input_ids"], cut=made(TEXTS, truncation=True, max_length=5)["input_ids"],
        pairs=made(pairs, pairs[::-1])["input_ids"], types=made(pairs, pairs[::-1])["token_type_ids"],
        padded=made(TEXTS[:4], padding=True)["input_ids"],
    )
    return made


def flags(content, special, normalized):
    return dict(content=content, lstrip=False, rstrip=False, single_word=False, special=special, normalized=normalized)


size = len(WORDS)
lower = vocabulary("vocabulary")
cased = vocabulary("cased", dict(do_lower_case=False))
vocabulary("accents off", dict(do_lower_case=False, strip_accents=True))
vocabulary("accents on", dict(strip_accents=False))
vocabulary("Chinese as it is", dict(tokenize_chinese_chars=False))
vocabulary("left", dict(truncation_side="left", padding_side="left", model_max_length=8))
vocabulary("carriage returns", text="\r\n".join(WORDS) + "\r\n")
vocabulary("unended", text="\n".join(WORDS))
vocabulary("added tokens", more={"added_tokens.json": {"<e1>": size, "newtok": size + 1}})
special = {"additional_special_tokens": ["<e1>", "[unused1]"], "mask_token": flags("[MASK]", True, False)}
vocabulary("special tokens", more={"special_tokens_map.json": special})
decoder = {str(size): flags("<e1>", True, False), str(size + 1): flags("NEWTOK", False, True)}
vocabulary("decoder", dict(added_tokens_decoder=decoder))
lower.save_pretrained(out / "saved")
encoded("saved")
lower.add_tokens(["<e1>", "user_tok", "NEWTOK", "Ünïque 好"])
lower.add_special_tokens({"additional_special_tokens": ["<ent>"]})
for name, made in (("saved with more", lower), ("saved cased", cased)):
    made.save_pretrained(out / name)
    encoded(name)
    alone = f"{name}, without settings"
    BertConfig(vocab_size=size).save_pretrained(out / alone)
    os.link(out / name / "tokenizer.json", out / alone / "tokenizer.json")
    encoded(alone)

facts = dict(ids=IDS.flatten().tolist(), types=TYPES.flatten().tolist(), models=models, texts=TEXTS, tokenizers=tokenizers)
(out / "facts.json").write_text(json.dumps(facts))
