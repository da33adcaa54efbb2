"""What people said is given themes: comments one by one or by a theme's words, and what was heard elsewhere."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import get_language

from accounts.audit import acting
from accounts.models import Organisation, SearchKey, User
from accounts.texts import Text, search_key
from surveys.models import Answer, FeedbackItem, Response, Survey, Theme


def theme_named(name: str, by: User) -> Theme:
    """The one that is called so in any language and spelling, or a new one."""
    key = search_key(name)
    for theme in Theme.objects.all():
        if key in (search_key(text) for text in theme.name.values()):
            return theme
    with acting(user=by):
        return Theme.objects.create(name=Text({get_language() or "en": name}), made_by=by)


def item_of(answer: Answer, theme: Theme, by: User, organisation: Organisation) -> FeedbackItem:
    """What is confidential or anonymous leads to its response and no further."""
    response = answer.response
    is_named = response.identity == Survey.Identity.IDENTIFIED
    return FeedbackItem(
        theme=theme,
        heard=FeedbackItem.Heard.COMMENT,
        response=response,
        question=answer.question,
        account_id=response.account_id if is_named else None,
        contact_id=response.contact_id if is_named else None,
        said_on=organisation.today(response.responded_at),
        made_by=by,
    )


def tag(answers: Iterable[Answer], theme: Theme, by: User) -> None:
    """Those that have it already stay as they are."""
    here = Organisation.current()
    with acting(user=by):
        FeedbackItem.objects.bulk_create(
            [item_of(answer, theme, by, here) for answer in answers], ignore_conflicts=True
        )


def write_down(item: FeedbackItem, by: User) -> None:
    """What was said elsewhere than in a survey."""
    item.made_by = by
    with acting(user=by):
        item.save()


def change(theme: Theme, by: User) -> None:
    with acting(user=by):
        theme.save(update_fields=["name", "words", "feature", "status", "done"])


def remove(item: FeedbackItem, by: User) -> None:
    with acting(user=by):
        item.delete()


# By words


def untagged(theme: Theme, reader: User) -> QuerySet[Answer]:
    """Comments with one of its words that have not got it, the newest first.

    Of surveys that are identified: what is shown of the others their results decide.
    """
    tagged = FeedbackItem.objects.filter(
        theme=theme, response=OuterRef("response"), question=OuterRef("question")
    )
    rows = Answer.objects.visible_to(reader).filter(_open_questions(), response__is_machine=False)
    rows = rows.exclude(text="").annotate(key=SearchKey("text")).filter(_said(theme.words), ~Exists(tagged))
    return rows.select_related("response__account", "response__contact", "response__survey").order_by(
        "-response__responded_at", "response_id", "question"
    )


def _said(phrases: Iterable[str]) -> Q:
    """All words of one of them."""
    found = Q(pk__in=[])
    for phrase in phrases:
        found |= Q(*(("key__contains", word) for word in search_key(phrase).split(" ")))
    return found


def _open_questions() -> Q:
    """Of surveys in which nobody was promised not to be named."""
    found = Q(pk__in=[])
    hidden = Response.objects.filter(survey=OuterRef("pk")).exclude(identity=Survey.Identity.IDENTIFIED)
    named = Survey.objects.filter(~Exists(hidden), identity=Survey.Identity.IDENTIFIED)
    for survey in named.prefetch_related("versions"):
        asked = {
            question.key
            for version in survey.versions.all()
            for question in version.content.questions
            if question.is_open
        }
        if asked:
            found |= Q(response__survey=survey, question__in=asked)
    return found
