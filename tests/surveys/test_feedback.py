"""How what people said gets a theme, and what of them it then leads to."""

import pytest

from accounts.texts import Text
from surveys import feedback
from surveys.models import AnonymousBox, Answer, FeedbackItem, Theme
from tests.accounts.messages.mailed import in_role, person
from tests.factories import account, day
from tests.surveys import rows

pytestmark = pytest.mark.django_db


def wrote(text, survey=None, **fields):
    asked = survey or rows.survey()
    to = rows.response(asked, identity=asked.identity, **fields)
    return Answer.objects.create(response=to, question="why", text=text)


@pytest.fixture
def alice_reads(alice):
    return in_role(alice)


def test_theme_is_found_in_any_language_and_spelling(alice):
    known = rows.theme(Text(en="Exports", ar="الإصدارات"))

    assert [feedback.theme_named(name, alice) for name in ("exports", "الاصدارات")] == [known, known]
    assert str(feedback.theme_named("Prices", alice)) == "Prices"
    assert Theme.objects.count() == 2


def test_comment_is_tagged_once_with_who_wrote_it(alice):
    sara, about = person(), rows.theme()
    answer = wrote("More exports", account=sara.account, contact=sara)

    feedback.tag([answer], about, alice)
    feedback.tag([answer], about, alice)

    item = FeedbackItem.objects.with_comments().get()
    assert (item.account, item.contact, item.said_on) == (sara.account, sara, day("2026-01-10"))
    assert (item.comment, item.text, item.made_by) == ("More exports", "", alice)


@pytest.mark.parametrize("identity", ["confidential", "anonymous"])
def test_comment_of_nobody_leads_to_nobody(alice, identity):
    sara = person()
    known = {} if identity == "anonymous" else {"account": sara.account, "contact": sara}
    answer = wrote("More exports", rows.survey(identity=identity), **known)

    feedback.tag([answer], rows.theme(), alice)

    item = FeedbackItem.objects.get()
    assert (item.response, item.account, item.contact) == (answer.response, None, None)
    assert not AnonymousBox.objects.exists()


def test_words_find_comments_in_either_script_that_are_not_tagged_yet(administrator):
    about = rows.theme(words=["تصدير", "excel file"])
    wanted = [wrote("نريد التّصديــر الى اكسل"), wrote("A FILE for Excel, please")]
    wrote("An excellent service")
    tagged = wrote("excel file")
    feedback.tag([tagged], about, administrator)

    found = feedback.untagged(about, administrator)

    assert {answer.pk for answer in found} == {answer.pk for answer in wanted}
    assert not feedback.untagged(rows.theme("No words"), administrator).exists()


def test_words_find_no_comment_that_is_hidden_or_of_others(alice_reads, charlie):
    about = rows.theme(words=["export"])
    hers, his = account(owner=alice_reads), account(owner=charlie)
    seen = wrote("export", account=hers)
    wrote("export", account=his)
    wrote("export", account=hers, is_machine=True)
    wrote("export", rows.survey(identity="confidential"), account=hers)
    reached = rows.response(account=hers)
    Answer.objects.create(response=reached, question="phone", text="export@najm.example")

    assert list(feedback.untagged(about, alice_reads)) == [seen]


def test_items_are_seen_with_their_accounts_and_those_of_nobody_by_all(alice_reads, charlie):
    hers = rows.item(account=account(owner=alice_reads))
    rows.item(account=account(owner=charlie))
    nobodys = rows.item(account=None, heard="review")

    assert {*FeedbackItem.objects.visible_to(alice_reads)} == {hers, nobodys}
