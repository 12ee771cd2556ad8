"""How long a run is, and the seed that makes it happen again.

NIP_LONG_TESTS=1 chooses the long forms, NIP_TORTURE_COUNT another count, NIP_SEED the seed of an earlier run.
"""

import os
import random

LONG = os.environ.get("NIP_LONG_TESTS") == "1"
SEED = int(os.environ.get("NIP_SEED") or random.SystemRandom().randrange(1 << 32))


def count(short, long):
    """How often: NIP_TORTURE_COUNT, else by the form of the run."""
    return int(os.environ.get("NIP_TORTURE_COUNT") or (long if LONG else short))


def points(last, step):
    """1, 1 + step, ... up to `last`; all of them in a long run; only NIP_TORTURE_POINT when that is set."""
    chosen = os.environ.get("NIP_TORTURE_POINT")
    if chosen:
        return [int(chosen)]
    return list(range(1, last + 1, 1 if LONG else step))


def dice(*names):
    """A random number generator of its own for each use, so that one more throw here changes nothing there."""
    return random.Random(f"{SEED} {names}")
