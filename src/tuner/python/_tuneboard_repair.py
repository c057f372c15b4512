"""Records trials that an ended process left running as failed, with Optuna itself: any storage that it can open.

``TUNEBOARD_REPAIR`` holds ``{"trials": [{"study", "location", "number"}], "reason"}``. A location is an absolute path of
an SQLite database or a journal file, or a URL. Trials that do not run any more are left alone.
"""

import json
import os
import sys
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from _tuneboard_attributes import INTERRUPTED


def open_storage(location):
    import optuna

    if location.startswith("grpc://"):
        host, _, port = location[len("grpc://") :].rpartition(":")
        return optuna.storages.GrpcStorageProxy(host=host.strip("[]"), port=int(port))
    if location.startswith(("redis://", "rediss://")):
        return open_redis(optuna, location)
    if "://" in location:
        return optuna.storages.get_storage(location)
    with open(location, "rb") as file:
        is_sqlite = file.read(16) == b"SQLite format 3\0"
    if is_sqlite:
        return optuna.storages.get_storage("sqlite:///" + location)
    from _tuneboard_journal import open_journal

    return open_journal(optuna, location)


def open_redis(optuna, location):
    """A ``JournalRedisBackend`` by the URL that ``redis_location`` makes of one; its password is the environment's."""
    journal = getattr(optuna.storages, "journal", optuna.storages)
    backend = getattr(journal, "JournalRedisBackend", None) or optuna.storages.JournalRedisStorage
    parts = urlsplit(location)
    options = dict(parse_qsl(parts.query))
    prefix = options.pop("prefix", "")
    user, _, place = parts.netloc.rpartition("@")
    password = os.environ.get("TUNEBOARD_STORAGE_PASSWORD") or os.environ.get("REDISCLI_AUTH")
    if password:
        place = f"{user}:{quote(password, safe='')}@{place}"
    elif user:
        place = f"{user}@{place}"
    url = urlunsplit((parts.scheme, place, parts.path, urlencode(options), ""))
    return optuna.storages.JournalStorage(backend(url, prefix=prefix))


def main():
    import optuna

    work = json.loads(os.environ["TUNEBOARD_REPAIR"])
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storages, failures = {}, 0
    for trial in work["trials"]:
        try:
            location = trial["location"]
            storage = storages.get(location) or storages.setdefault(location, open_storage(location))
            study_id = storage.get_study_id_from_name(trial["study"])
            trial_id = storage.get_trial_id_from_study_id_trial_number(study_id, trial["number"])
            # One that waits by now, as another worker has repaired it, goes on.
            if storage.get_trial(trial_id).state == optuna.trial.TrialState.RUNNING:
                storage.set_trial_system_attr(trial_id, INTERRUPTED, work["reason"])
                storage.set_trial_state_values(trial_id, optuna.trial.TrialState.FAIL)
        except Exception as error:
            failures += 1
            print("%s: %s" % (type(error).__name__, error), file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
