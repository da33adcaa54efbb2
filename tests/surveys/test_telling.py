"""Who is told what was done, and by what."""

import pytest

from accounts.messages import letters, mailings
from accounts.models import Mailing, Population
from accounts.texts import Text
from surveys import telling
from tests.accounts.messages.mailed import NOW, in_role, person
from tests.factories import account
from tests.surveys import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def teller(bob):
    return in_role(bob, "CS manager")


def told(mailing):
    return {one.name for one in mailings.some(mailing, NOW, "")}


def test_those_who_said_it_get_a_draft_in_both_languages(teller):
    sara = person()
    about = rows.theme(Text(en="Exports", ar="التصدير"), done=Text(en="We *built* it.", ar="أنجزناه."))
    for _twice in range(2):
        rows.item(about, account=sara.account, contact=sara)

    mailing = telling.tell_theme(about, teller, NOW)

    about.refresh_from_db()
    assert (mailing.state, about.mailing, told(mailing)) == (Mailing.State.DRAFT, mailing, {"Sara"})
    texts = mailing.letter.texts
    assert ("Exports" in texts["en"]["subject"], "التصدير" in texts["ar"]["subject"]) == (True, True)
    assert (r"We \*built\* it\." in texts["en"]["body"], "أنجزناه" in texts["ar"]["body"]) == (True, True)
    assert letters.problems(texts) == []


def test_draft_cannot_be_sent_before_it_says_what_was_done(teller):
    sara = person()
    rows.item(about := rows.theme(done=Text(en="We built it.")), account=sara.account, contact=sara)

    mailing = telling.tell_theme(about, teller, NOW)

    assert [problem.language for problem in letters.problems(mailing.letter.texts)] == ["ar"]
    with pytest.raises(mailings.NotReady):
        mailings.schedule(mailing, NOW, NOW)


def test_nobody_is_told_of_what_only_people_without_a_name_said(teller):
    given = rows.response(rows.survey(identity="anonymous"), identity="anonymous")
    rows.item(about := rows.theme(), heard="comment", response=given, account=None)

    with pytest.raises(telling.NobodyToTell):
        telling.tell_theme(about, teller, NOW)

    assert (Mailing.objects.count(), Population.objects.count()) == (0, 0)


def test_only_people_of_ones_own_accounts_are_told(alice, charlie):
    hers, about = in_role(alice), rows.theme()
    for name, owner in (("Sara", alice), ("Omar", charlie)):
        whose = account(name, owner=owner)
        rows.item(about, account=whose, contact=person(f"{name}@a.example", account=whose, name=name))

    assert told(telling.tell_theme(about, hers, NOW)) == {"Sara"}


@pytest.mark.parametrize(
    ("identity", "expected"),
    [("identified", {"Sara"}), ("confidential", {"Sara", "Omar"}), ("anonymous", {"Sara", "Omar"})],
)
def test_of_a_survey_whoever_answered_is_told_or_all_who_were_asked(teller, identity, expected):
    acme, asked = account(), rows.survey(identity=identity)
    people = [person(f"{name}@a.example", account=acme, name=name) for name in ("Sara", "Omar")]
    for one in people:
        rows.invitation(asked, account=acme, contact=one)
    known = {} if identity == "anonymous" else {"account": acme, "contact": people[0]}
    rows.response(asked, identity=identity, **known)

    assert told(telling.tell_survey(asked, teller, NOW)) == expected


def test_list_of_people_stays_as_it_was_made(teller):
    sara = person()
    rows.item(about := rows.theme(), account=sara.account, contact=sara)
    mailing = telling.tell_theme(about, teller, NOW)

    rows.item(about, account=sara.account, contact=person("b@a.example", account=sara.account, name="Later"))

    assert told(mailing) == {"Sara"}


def test_more_people_than_a_list_holds_are_not_told(teller, monkeypatch):
    monkeypatch.setattr(telling, "MOST_PEOPLE", 1)
    acme, about = account(), rows.theme()
    for name in ("a", "b"):
        rows.item(about, account=acme, contact=person(f"{name}@a.example", account=acme))

    with pytest.raises(telling.TooMany):
        telling.tell_theme(about, teller, NOW)
