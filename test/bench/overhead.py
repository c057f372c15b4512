"""The other libraries' side of test/bench/overhead.ts. `{"library", …}` begins a study, `{"add": n}` gives it n finished
random trials, `{"run": n}` lets it ask and tell n trials; both are answered with 0. `{"measure": n}` is answered with the
CPU microseconds of one ask + tell over n of them."""
import json
import random
import sys
import time

from libraries import LIBRARIES, drawn


def run(count, values):
    start = time.process_time()
    for value in values[:count]:
        side.ask()
        side.tell(value)
    return (time.process_time() - start) / count * 1e6


rng = random.Random(1)
for line in sys.stdin:
    message = json.loads(line)
    answer = 0
    if "library" in message:
        side = LIBRARIES[message["library"]](message)
        texts = {p["name"]: json.loads(p["distribution"]) for p in message["parameters"]}
    elif "add" in message:
        count = message["add"]
        side.add(
            [rng.random() for _ in range(count)],
            [{name: drawn(text, rng) for name, text in texts.items()} for _ in range(count)],
        )
    else:
        count = message.get("run") or message["measure"]
        answer = run(count, [rng.random() for _ in range(count)])
    print(answer, flush=True)
