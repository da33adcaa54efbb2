"""How a row is written over the API: one transaction in the writer's name, what stands in the way said in words,
versions compared while nobody else writes, and bodies read exactly."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from hashlib import sha256
from typing import Any, NoReturn

from django.db import DataError, IntegrityError, OperationalError, connection
from django.db.models import ProtectedError
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from psycopg import errors as postgres
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from accounts.audit import acting
from accounts.models import User
from accounts.models.rules import reasons
from accounts.problems import Busy, Conflict, PreconditionFailed

HALF_A_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")


class ExactJSONParser(JSONParser):
    """Decimals as they are written, not the floats next to them; and only texts that can be written down."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        body = (parser_context or {})["request"].body
        try:
            given = json.loads(
                body, parse_float=Decimal, parse_constant=no_number, object_pairs_hook=keys_once
            )
            if HALF_A_CHARACTER.search(body):
                json.dumps(given, ensure_ascii=False, default=str).encode()
        except (ValueError, RecursionError) as error:
            raise ParseError(why_no_json(error)) from error
        return given


class NotTaken(ValueError):
    """JSON that Python reads and we do not; says why."""


def no_number(name: str) -> NoReturn:
    raise NotTaken(_("%(name)s is no number") % {"name": name})


def keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotTaken(_("an object has a key twice"))
    return found


def why_no_json(error: ValueError | RecursionError) -> str:
    """In the reader's language; Python's own words are English."""
    match error:
        case json.JSONDecodeError():
            place = {"line": error.lineno, "column": error.colno}
            return _("This is no JSON from line %(line)s, column %(column)s on.") % place
        case NotTaken():
            return _("This is no JSON: %(error)s") % {"error": error}
        case RecursionError():
            return _("This is no JSON that can be read: too many levels.")
        case UnicodeError():
            return _("This is no JSON: it holds half a character, or bytes that are not UTF-8.")
    return _("This is no JSON that can be read: a number is too long.")


@contextmanager
def writing(user: User, pointers: Mapping[str, str] | None = None) -> Iterator[None]:
    """One transaction in the name of the user. What other rows stand in the way of is a Conflict, not an error of ours.

    `pointers`: constraint -> the field of the request that it is about, where that is another than the model's.
    """
    try:
        with acting(user=user):
            yield
            # What is only looked at when a transaction ends could no longer be answered.
            connection.check_constraints()
    except ProtectedError as error:
        raise Conflict(_still_needed(error)) from error
    except IntegrityError as error:
        raise Conflict(_in_the_way(error, pointers or {})) from error
    except DataError as error:
        raise ValidationError(_("A value is too large, or of a kind that cannot be kept.")) from error
    except OperationalError as error:
        if isinstance(error.__cause__, postgres.DeadlockDetected | postgres.LockNotAvailable):
            raise Busy from error
        raise


def _still_needed(error: ProtectedError) -> str:
    kinds = sorted({str(row._meta.verbose_name_plural) for row in error.protected_objects})
    return _("Others still point to this: %(kinds)s. Change or delete these first.") % {
        "kinds": ", ".join(kinds)
    }


def _in_the_way(error: IntegrityError, pointers: Mapping[str, str]) -> Any:
    """{field: words}; nothing where the rule is none of ours."""
    diagnosis = getattr(error.__cause__, "diag", None)
    rule = getattr(diagnosis, "constraint_name", None) or ""
    if rule in reasons():
        field, words = reasons()[rule]
        return {pointers.get(rule, field): [words]}
    if isinstance(error.__cause__, postgres.UniqueViolation):
        # Of a single column, which PostgreSQL names a rule after: table_column_key.
        column = rule.removeprefix(f"{diagnosis.table_name}_").removesuffix("_key") if diagnosis else ""
        return {column: [_("There is one of this name already.")]}
    if isinstance(error.__cause__, postgres.ForeignKeyViolation):
        return _("What this points to is gone, or somebody still points to this. Read it again.")
    return None


def etag_of(shown: Mapping[str, Any]) -> str:
    """Strong: of the very bytes of the representation."""
    return f'"{sha256(JSONRenderer().render(shown)).hexdigest()[:32]}"'


def is_known(request: Request, etag: str) -> bool:
    """Whether the reader has it already (If-None-Match)."""
    known = [tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))]
    return etag in known or "*" in known


def check_version(request: Request, etag: str) -> None:
    """The writer who says which version they have read (If-Match) writes to no other."""
    meant = parse_etags(request.headers.get("If-Match", ""))
    if "If-Match" in request.headers and meant != ["*"] and etag not in meant:
        raise PreconditionFailed
