"""Generated expressions on generated inputs: @bufbuild/cel and `nip eval --batch` give the same value, or both an error.

The seeds are fixed, so that a run says the same twice; NIP_SEED chooses another one, NIP_LONG_TESTS=1 draws a new one
and tries many more pairs. Each prints its seed.
"""

import json
import os
import random
from collections import Counter

import pytest

from batch import canonical, evaluate
from divergences import DIVERGENCES, excuse
from packages import run_node

LONG = bool(os.environ.get("NIP_LONG_TESTS"))
FIXED_SEEDS = (1, 2, 3)
PAIRS = 1500
PAIRS_LONG = 100_000
SHOWN_MAX = 10


def same(expected, answer):
    if "error" in expected or "error" in answer:
        return "error" in expected and "error" in answer
    return canonical(expected["value"]) == canonical(answer["value"])


def used(request):
    """The inputs that the expression names."""
    return {name: held for name, held in request["bindings"].items() if name in request["expr"]}


def differ(seed, count):
    """The differences that nothing excuses, as text."""
    pairs = [json.loads(line) for line in run_node("oracle.mjs", seed, count).splitlines()]
    answers = evaluate([pair["request"] for pair in pairs])
    excused, wrong = Counter(), []
    for pair, answer in zip(pairs, answers):
        if same(pair["expected"], answer):
            continue
        name = excuse(pair["request"], pair["expected"], answer)
        excused[name] += 1
        if name is None:
            wrong.append(f"{pair['request']['expr']}\n  with {json.dumps(used(pair['request']))}\n"
                         f"  oracle {json.dumps(pair['expected'])}\n  here   {json.dumps(answer)}")
    values = sum("value" in pair["expected"] for pair in pairs)
    print(f"\nseed {seed}: {len(pairs)} pairs, {values} with a value; excused: {dict(excused)}")
    assert values > len(pairs) / 2, "most expressions have to mean something"
    return wrong


def seeds():
    if "NIP_SEED" in os.environ:
        return [int(os.environ["NIP_SEED"])]
    return [*FIXED_SEEDS, random.SystemRandom().randrange(2**32)] if LONG else FIXED_SEEDS


@pytest.mark.parametrize("seed", seeds())
def test_the_oracle_agrees(seed):
    count = PAIRS if seed in FIXED_SEEDS or not LONG else PAIRS_LONG
    wrong = differ(seed, count)
    assert not wrong, f"NIP_SEED={seed}: {len(wrong)} differences\n" + "\n".join(wrong[:SHOWN_MAX])


def test_every_divergence_has_a_reason():
    assert all(len(reason) > 20 for _, _, _, reason in DIVERGENCES)
