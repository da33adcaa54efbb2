"""What was written to a person and heard of it: messages, answers, addresses not written to, calls of providers.

Rows stay, so that no figure changes. A digest takes the place of a suppressed address: whoever is let in again later is
still not written to.
"""

import quopri
import re
from base64 import b64decode
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from django.db import connection
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, Lower

from accounts.connectors import queue
from accounts.connectors.reasons import Reason
from accounts.models import Contact, Hit, Letter, Message, ProviderCall, Reply, Suppression
from accounts.models.suppressions import digested
from cxhub.persons import rewriting
from cxhub.persons.person import Known
from cxhub.persons.places import place_of
from cxhub.persons.words import Words

ERASED = "erased"
# Bodies may have megabytes.
CALLS_AT_ONCE = 10
LINES_IN_JSON = re.compile(rb"(?:\\r)?\\n")
BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4}[\r\n]*){6,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
OF_JSON = re.compile(r"\\u([0-9a-fA-F]{4})")


def lock() -> None:
    """Until the transaction ends no worker acts on calls; they are stored as they come."""
    providers = ProviderCall.objects.order_by("provider").values_list("provider", flat=True).distinct()
    for provider in list(providers):
        queue.lock(provider)


def is_on_its_way(known: Known) -> bool:
    """A message to the person is being sent, or a call waits that speaks of them."""
    sending = _messages(known).filter(state__in=[Message.State.SENDING, Message.State.WAITING])
    states = {message.state for message in sending.select_for_update(of=("self",)).only("state")}
    return Message.State.SENDING in states or any(_calls(ProviderCall.State.WAITING, known))


def empty(known: Known) -> dict[str, int]:
    """How many rows of each kind."""
    messages = list(_messages(known).values_list("pk", flat=True))
    _stop_letters(known)
    _empty_letters(messages)
    changed = {
        "accounts.Hit": Hit.objects.filter(message__in=messages).update(agent="", visitor=""),
        "accounts.Message": _empty_messages(messages),
        "accounts.Reply": _empty_replies(known),
        "accounts.Suppression": _digest_suppressions(known),
        "accounts.ProviderCall": _empty_calls(known),
    }
    return {label: rows for label, rows in changed.items() if rows}


def _messages(known: Known) -> QuerySet[Message]:
    return Message.objects.alias(lower=Lower("address")).filter(_is_theirs(known)).order_by("pk")


def _is_theirs(known: Known) -> Q:
    """Of rows with the address in small letters."""
    addresses = [email.lower() for email in known.words.emails]
    return Q(contact__in=known.rows.get(Contact, [])) | Q(lower__in=addresses)


def _empty_messages(ids: list[int]) -> int:
    """What waits is sent to nobody. What merge fields stood for is theirs as a whole."""
    theirs = Message.objects.filter(pk__in=ids)
    theirs.filter(state=Message.State.WAITING).update(state=Message.State.STOPPED, reason=ERASED)
    return theirs.update(address="", name="", values={}, answer="")


def _stop_letters(known: Known) -> None:
    """Those that name the person are emptied like any text: nothing of them is sent to others any more."""
    letters = rewriting.speaking(place_of(Letter), known)
    waiting = Message.objects.filter(letter__in=letters, state=Message.State.WAITING)
    waiting.update(state=Message.State.STOPPED, reason=ERASED)


def _empty_letters(messages: list[int]) -> None:
    """What somebody wrote to them alone, whatever it calls them."""
    others = Message.objects.filter(letter=OuterRef("pk")).exclude(pk__in=messages)
    letters = Letter.objects.filter(~Exists(others), messages__in=messages, mailings=None, distributions=None)
    for letter in letters.distinct():
        emptied = {language: dict.fromkeys(text, "") for language, text in letter.texts.items()}
        Letter.objects.filter(pk=letter.pk).update(texts=emptied)


def _empty_replies(known: Known) -> int:
    """What they wrote as a whole. The ids of others are only told apart where they speak of them, too."""
    theirs = Reply.objects.alias(lower=Lower("address")).filter(_is_theirs(known))
    no_mail = Concat(Value(f"{ERASED}-"), Cast("pk", CharField()))
    changed = theirs.update(address=rewriting.DASH, subject="", text="", mail_id=no_mail)
    naming = rewriting.speaks(place_of(Reply), '"mail_id"', known)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE accounts_reply SET mail_id = '{ERASED}-' || id WHERE {naming[0]}", naming[1])
    return changed


def _digest_suppressions(known: Known) -> int:
    ids = rewriting.speaking(place_of(Suppression), known)
    for row in Suppression.objects.filter(pk__in=ids).order_by("pk"):
        digest = digested(row.address)
        same = Suppression.objects.standing().filter(medium=row.medium, purpose=row.purpose, address=digest)
        if row.lifted_at is None and same.exists():
            row.delete()
        else:
            Suppression.objects.filter(pk=row.pk).update(address=digest)
    return len(ids)


# Calls of providers


def _empty_calls(known: Known) -> int:
    """Of those that were rejected nothing is left to be sent again."""
    ids = list(_calls(ProviderCall.State.REJECTED, known))
    nothing = {"body": b"", "headers": {}, "reason": Reason.ERASED, "field": "", "detail": ""}
    return ProviderCall.objects.filter(pk__in=ids).update(state=ProviderCall.State.TAKEN, **nothing)


def _calls(state: str, known: Known) -> Iterator[int]:
    """Those that speak of the person."""
    calls = ProviderCall.objects.filter(state=state).order_by("pk").only("body", "detail")
    for call in calls.iterator(chunk_size=CALLS_AT_ONCE):
        if known.words.are_in(call.detail) or speaks(bytes(call.body), known.words):
            yield call.pk


def speaks(body: bytes, words: Words) -> bool:
    """In whatever way providers pack mails: JSON, forms, MIME; not in files that came with them."""
    return any(words.are_in(text) for text in _texts(body))


def _texts(body: bytes) -> Iterator[str]:
    form = unquote_to_bytes(body.replace(b"+", b" "))
    for unpacked in (LINES_IN_JSON.sub(b"\n", body), form):
        yield _text(unpacked)
        yield _text(quopri.decodestring(unpacked))
        for packed in BASE64.finditer(unpacked):
            yield _text(b64decode(packed[0]))


def _text(content: bytes) -> str:
    text = content.decode("utf-8", "replace")
    return OF_JSON.sub(lambda escape: chr(int(escape[1], 16)), text)
