"""Imports of facts, from wherever they come: doors parse, `run` does the rest."""

from accounts.imports.columns import Conventions
from accounts.imports.reading import Layout, Reading, count_lines, read
from accounts.imports.records import Unreadable
from accounts.imports.resource import FieldsDoNotFit, Resource
from accounts.imports.service import KIND, Counts, Outcome, check, run
from accounts.imports.taken import Options, Rejection, Taken

__all__ = [
    "KIND",
    "Conventions",
    "Counts",
    "FieldsDoNotFit",
    "Layout",
    "Options",
    "Outcome",
    "Reading",
    "Rejection",
    "Resource",
    "Taken",
    "Unreadable",
    "check",
    "count_lines",
    "read",
    "run",
]
