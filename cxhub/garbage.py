"""The collector of garbage: what a process has loaded stays as long as it lives, and need not be looked through."""

import gc


def leave_what_is_loaded() -> None:
    """For processes that live long or make rows by the thousand: a quarter of an import was the collector's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
