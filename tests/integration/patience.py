"""Waiting for what can be observed, with a deadline; never for a length of time."""

import os
import select
import time

# Sanitizers make everything slower; a deadline is only there to end a test that has failed.
DEADLINE_S = 60 if os.environ.get("NIP_SANITIZE") else 20
POLL_S = 0.01


def pause(seconds=POLL_S):
    """Gives the machine a moment between two looks at a condition."""
    select.select([], [], [], seconds)


def eventually(look, what="the condition", deadline_s=DEADLINE_S, poll_s=POLL_S):
    """Calls `look` until it returns something true, and returns that. An AssertionError in it counts as not yet."""
    end = time.monotonic() + deadline_s
    last = None
    while True:
        try:
            seen = look()
            if seen:
                return seen
            last = seen
        except AssertionError as not_yet:
            last = not_yet
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true in {deadline_s} s; last seen: {last!r}")
        pause(poll_s)
