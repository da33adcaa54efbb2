"""What somebody wrote, apart from what their mail program quotes below it.

Only what is certain goes: quoted lines at the end, with the line that introduces them. The rest stays as it came.
"""

import re

_QUOTED = re.compile(r"\s*>")
# "On 3 May, Sara wrote:" and "في ٣ مايو، كتبت سارة:" end so, also broken over two lines; others are left standing.
_INTRODUCES = re.compile(
    r"(?:^|\W)(?:wrote|writes|كتب|كتبت)\b.{0,200}[:：]\s*$|^\s*في\b.{0,300}[:：]\s*$", re.DOTALL
)
# Nobody but a mail program writes these.
_RULES = re.compile(r"^-{2,}\s*(?:Original Message|الرسالة الأصلية)\s*-{2,}$", re.IGNORECASE)
LONGEST_INTRODUCTION = 2


def without_quoted(text: str) -> str:
    lines = text.strip().split("\n")
    end = len(lines)
    while end and (_QUOTED.match(lines[end - 1]) or not lines[end - 1].strip()):
        end -= 1
    if any(_QUOTED.match(line) for line in lines[end:]):
        end -= _introduction(lines[:end])
    else:
        end = next((number for number, line in enumerate(lines) if _RULES.match(line.strip())), len(lines))
    # Whoever answered between the lines, or sent the quotation alone, wrote nothing that can be told apart.
    return "\n".join(lines[:end]).strip() or text.strip()


def _introduction(lines: list[str]) -> int:
    """How many lines it has. One that begins with an address goes on from the line before."""
    for count in range(1, min(LONGEST_INTRODUCTION, len(lines)) + 1):
        goes_on = lines[-count].lstrip().startswith("<") and count < LONGEST_INTRODUCTION
        if not goes_on and _INTRODUCES.search(" ".join(lines[-count:])):
            return count
    return 0
