"""Memory that stays: what the search for garbage need not look through again and again."""

import gc


def settle() -> None:
    """Clear away what is garbage now, and take the rest for lasting.

    Each search for cycles would otherwise walk through every product and every name in memory, a tenth of a second
    for a million of them, some dozen times a minute under load. What lasts and is let go is freed as always. The first
    time, when a process begins, there is little garbage and somebody who waits.
    """
    if gc.get_freeze_count():
        gc.unfreeze()
        gc.collect()
    gc.freeze()
