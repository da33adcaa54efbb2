"""Long lists of cases, of which every run tries some and the long part all."""

from collections.abc import Iterable
from typing import Any

import pytest


def some(cases: Iterable[Any], *, every: int = 12) -> list[Any]:
    """Each twelfth from the first on, or as is said; the others in the long part. Cases of several are tuples."""
    return [
        case
        if index % every == 0
        else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.long)
        for index, case in enumerate(cases)
    ]
