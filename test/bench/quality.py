"""The other libraries' side of test/bench/quality.ts. A line `{"library", "type", "options", "seed", "directions",
"parameters"}` begins a study, a list tells the values of the last trial, null that it failed; each is answered with the
parameters of the next one."""
import json
import sys

from libraries import LIBRARIES

for line in sys.stdin:
    message = json.loads(line)
    if isinstance(message, dict):
        side = LIBRARIES[message["library"]](message)
    else:
        side.tell(message)
    print(json.dumps(side.ask()), flush=True)
