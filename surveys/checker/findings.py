"""What the question checker finds: which rule, where, in which words, and what is better."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Rule(TextChoices):
    SPECIFIC = "specific", _("Specific and short")
    DIRECT = "direct", _("Direct, with the scale in the question")
    ONE_THING = "one_thing", _("Not double-barrelled")
    PLAIN_VERBS = "plain_verbs", _("No should, can, could, might or feel")
    COMPLETE = "complete", _("Options complete")
    EXCLUSIVE = "exclusive", _("Options exclusive")
    GRADED = "graded", _("Graded, labelled scale")
    ONE_DIRECTION = "one_direction", _("Scales all in one direction")
    SHUFFLED = "shuffled", _("Unordered options shuffled")
    NEEDED = "needed", _("Only what is needed")
    VALIDATED = "validated", _("A validated wording where one is near")
    FEW_OPEN = "few_open", _("Open questions few, and paired with closed ones")
    NO_GRID = "no_grid", _("No grids")


@dataclass(frozen=True)
class Finding:
    """`question`: its key; "" for the survey as a whole. `language`: "" where it is of none.

    `words`: what triggered it, as written. `better`: a wording in the question's language, or what to
    do in the reader's. `wording`: what can stand in place of the question's text as it is.
    """

    rule: Rule
    question: str
    language: str
    words: tuple[str, ...]
    better: str
    wording: str = ""
