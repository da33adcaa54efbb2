"""The results of a survey: of whom, how many, what they wrote, and what is kept from everybody."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags
from openpyxl import load_workbook

from accounts.models import Contact
from metrics.models import CurrentValue, Definition
from surveys import releases
from surveys.content import Content, Kind, Question, written
from surveys.models import Answer, Response, SurveyVersion
from tests.accounts.messages.mailed import in_role
from tests.factories import account, plain, subscription
from tests.metrics.views.viewing import rows_of_csv
from tests.surveys import rows

pytestmark = pytest.mark.django_db
PHONE = Question("phone", Kind.CONTACT, rows.WHY.text)


@pytest.fixture
def hers(alice):
    return signed_in(in_role(alice))


@pytest.fixture
def sees_all(bob):
    return signed_in(in_role(bob, "CS manager"))


@pytest.fixture
def najm(alice):
    return account("Najm", owner=alice)


def signed_in(user):
    """In a browser of their own."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def replied(survey, score=9, why="", *, days=1, **fields):
    """So many days ago."""
    then = timezone.now() - timedelta(days=days)
    given = {"survey": survey, "version": survey.current, "identity": survey.identity, "responded_at": then}
    made = Response.objects.create(**given | {"completed_at": then, "band": "high"} | fields)
    rows.answer(made, score)
    if why:
        Answer.objects.create(response=made, question="why", text=why)
    return made


def release():
    return releases.release(timezone.now())


def address(survey, page="", asked=""):
    return f"/surveys/{survey.pk}/results/{page}{asked}"


def shown(response):
    """As one line, without tags."""
    return " ".join(strip_tags(response.content.decode()).split())


def counts(response, key="nps"):
    found = next(one for one in response.context["told"] if one.question.key == key)
    return {line.label.split()[0]: line.count for line in found.lines if line.count}


def comments(response):
    return [answer.text for _question, answer in response.context["written"]]


@pytest.fixture
def confidential():
    return rows.survey(rows.NPS, rows.WHY, PHONE, identity="confidential")


# Who sees them


def test_for_strangers_there_are_no_results(sign_in, charlie, najm):
    survey, client = rows.survey(), sign_in(charlie)

    pages = (address(survey), address(survey, "export.csv"), address(survey, "machine/"))
    assert {client.get(page).status_code for page in pages} == {404}


def test_responses_are_those_of_the_readers_accounts(hers, sees_all, najm, charlie):
    survey = rows.survey()
    replied(survey, 9, "Ours", account=najm)
    replied(survey, 2, "Theirs", account=account("His", owner=charlie))

    ours, everything = hers.get(address(survey)), sees_all.get(address(survey))

    assert (comments(ours), counts(ours), ours.context["score"].value) == (["Ours"], {"9": 1}, 100)
    assert (sorted(comments(everything)), everything.context["score"].value) == (["Ours", "Theirs"], 0)
    exported = rows_of_csv(hers.get(address(survey, "export.csv")))
    assert [line[-1] for line in exported[1:]] == ["Ours"]


def test_survey_leads_to_its_results_for_who_reads_answers(hers, charlie):
    survey = rows.survey()
    marketing = signed_in(in_role(charlie, "Marketing"))

    assert address(survey) in hers.get(f"/surveys/{survey.pk}/").content.decode()
    assert address(survey) not in marketing.get(f"/surveys/{survey.pk}/").content.decode()


# What they say


def test_filters_choose_figures_and_rows_alike(hers, najm):
    survey = rows.survey()
    replied(survey, 9, "good", account=najm, language="en", channel="email")
    replied(survey, 2, "bad", account=najm, language="ar", channel="sms")
    SurveyVersion.objects.create(survey=survey, number=2, asked=written(Content((rows.NPS, rows.WHY))))
    replied(survey, 7, "so", account=najm, language="en", channel="sms")
    replied(survey, 0, "old", account=najm, days=400)

    def found(**asked):
        response = hers.get(address(survey), asked)
        return response.context["score"].value, sorted(comments(response))

    assert found() == (0, ["bad", "good", "so"])
    assert found(language="ar") == (-100, ["bad"])
    assert found(channel="sms") == (-50, ["bad", "so"])
    assert found(version="1", language="en") == (100, ["good"])
    assert found(window="1095d")[1] == ["bad", "good", "old", "so"]
    assert hers.get(address(survey), {"version": "9"}).status_code == 400


def test_split_trend_and_rates_are_drawn(hers, najm):
    survey = rows.survey()
    for score, channel in ((9, "email"), (2, "sms")):
        replied(survey, score, account=najm, channel=channel, language="en")
        plain_invitation = {
            "account": najm,
            "channel": channel,
            "delivered_at": timezone.now() - timedelta(days=20),
        }
        rows.invitation(survey, **plain_invitation)

    context = hers.get(address(survey)).context

    assert {name: part.value for name, part in context["splits"][0]["rows"]} == {"E-mail": 100, "SMS": -100}
    assert [(name, found[0].denominator) for name, found in context["rates"]] == [("E-mail", 1), ("SMS", 1)]
    assert [one["name"] for one in context["series"]] == ["NPS", "lower limit", "upper limit"]
    assert context["series"][0]["values"][-2:].count(0) == 1


def test_comments_are_found_however_arabic_is_written(hers, najm):
    survey = rows.survey()
    replied(survey, 9, "الأسعار مُرتفعة جدّاً", account=najm, band="low")
    replied(survey, 9, "شكرا", account=najm)

    assert comments(hers.get(address(survey), {"q": "الاسعار مرتفعـة"})) == ["الأسعار مُرتفعة جدّاً"]
    assert comments(hers.get(address(survey), {"band": "high"})) == ["شكرا"]
    assert comments(hers.get(address(survey), {"question": "why", "q": "nobody"})) == []


def test_page_costs_the_same_for_one_response_and_for_three(hers, najm):
    survey = rows.survey()
    replied(survey, 9, "one", account=najm, contact=plain(Contact, account=najm, name="Sara"), channel="sms")
    hers.get(address(survey))
    with CaptureQueriesContext(
        connection,
    ) as one:
        hers.get(address(survey))
    for name in ("Omar", "Lina"):
        replied(survey, 3, name, account=najm, contact=plain(Contact, account=najm, name=name), channel="sms")

    with CaptureQueriesContext(connection) as three:
        hers.get(address(survey))

    assert len(three) == len(one)


def test_export_has_a_column_for_each_question_and_runs_no_formula(hers, najm):
    survey = rows.survey()
    kept = replied(survey, 9, "=1+1", account=najm, channel="sms", language="ar")

    head, line = rows_of_csv(hers.get(address(survey, "export.csv")))

    assert head[1:] == [
        "Response",
        "id",
        "Account",
        "Person",
        "Version",
        "Channel",
        "Language",
        "Completed",
        "How likely?",
        "Why?",
    ]
    assert line[1:] == [str(kept.pk), str(najm.pk), "Najm", "", "1", "sms", "ar", "Yes", "9", "'=1+1"]


def test_workbook_has_the_same_lines_and_no_formula(hers, najm):
    survey = rows.survey()
    replied(survey, 9, "=1+1", account=najm, channel="sms", language="ar")

    answered = hers.get(address(survey, "export.xlsx"))

    sheet = load_workbook(BytesIO(b"".join(answered))).active
    head, line = sheet.iter_rows()
    assert [cell.value for cell in head][-2:] == ["How likely?", "Why?"]
    assert (line[9].value, line[10].value, line[10].data_type, line[0].is_date) == (9, "=1+1", "s", True)


# Two periods


def test_score_is_compared_with_the_period_before_or_another_one(hers, najm):
    survey = rows.survey()
    for days, scores in ((10, [9, 9]), (100, [2, 9]), (400, [2, 2])):
        for score in scores:
            replied(survey, score, account=najm, days=days)

    def compared(**asked):
        context = hers.get(address(survey), {"window": "90d"} | asked).context
        moved = context["compared"][0]
        return moved.other.n, moved.value, moved.is_real, context["other"].is_valid()

    long_ago = (timezone.now() - timedelta(days=400)).date()
    assert compared() == (2, 100, False, True)
    assert compared(other_first=long_ago, other_last=long_ago) == (2, 200, False, True)
    assert compared(other_first=long_ago)[3] is False
    assert compared(other_first=long_ago, other_last=timezone.now().date())[3] is False
    assert (
        "Too few answered in one of the periods"
        in hers.get(address(survey), {"window": "90d"}).content.decode()
    )


def test_change_that_chance_would_not_make_is_real(hers, alice):
    survey = rows.survey()
    for number in range(40):
        customer = account(f"Customer {number}", owner=alice)
        replied(survey, 10, account=customer, days=10)
        replied(survey, 0, account=customer, days=100)
    replied(survey, 0, account=customer, days=400)

    page = hers.get(address(survey), {"window": "90d"})

    (moved, _rate) = page.context["compared"]
    assert (moved.value, moved.is_real, moved.interval.low > 100) == (200, True, True)
    assert "More than chance would do." in page.content.decode()


# Who said nothing


def test_share_of_mrr_that_answered_is_said(sees_all, najm, alice):
    survey, other = rows.survey(), account("Other", owner=alice)
    for customer, price in ((najm, 300), (other, 100)):
        subscription(customer, price, "2020-01-01")
    replied(survey, 9, account=najm)

    assert sees_all.get(address(survey)).context["coverage"].value == Decimal("0.75")


def test_accounts_that_were_asked_and_are_silent_are_listed_by_mrr(hers, najm, alice, charlie):
    survey, then = rows.survey(), timezone.now() - timedelta(days=20)
    small, large, merged, machine = (
        account(name, owner=alice) for name in ("Small", "Large", "Gone", "Robo")
    )
    type(merged).objects.filter(pk=merged.pk).update(merged_into=najm)
    for one in (najm, small, large, machine, account("Theirs", owner=charlie)):
        rows.invitation(survey, account=one, invited_at=then)
    rows.invitation(survey, account=account("Long ago", owner=alice), invited_at=then - timedelta(days=900))
    replied(survey, account=merged)
    replied(survey, account=machine, is_machine=True)
    mrr = Definition.objects.get_or_create(key="mrr")[0]
    for one, value in ((small, 10), (large, 500)):
        CurrentValue.objects.create(account=one, definition=mrr, value=value)

    page = hers.get(address(survey, "silent/"))

    assert [one.name for one in page.context["page"]] == ["Large", "Small", "Robo"]
    assert address(survey, "silent/") in hers.get(address(survey)).content.decode()


def test_nobody_is_silent_where_nobody_is_named(sees_all, confidential):
    assert sees_all.get(address(confidential, "silent/")).status_code == 404


# Machines


def test_machine_counts_nowhere_until_somebody_knows_better(hers, sees_all, najm):
    survey = rows.survey()
    replied(survey, 9, "person", account=najm)
    machine = replied(survey, 2, "machine", account=najm, is_machine=True)

    before = sees_all.get(address(survey))
    refused = hers.post(address(survey, "machine/"), {"response": machine.pk})
    judged = sees_all.post(address(survey, "machine/"), {"response": machine.pk})

    assert (comments(before), before.context["machine_count"]) == (["person"], 1)
    assert (refused.status_code, judged.status_code) == (403, 302)
    assert sees_all.get(address(survey)).context["score"].value == 0
    sees_all.post(address(survey, "machine/"), {"response": machine.pk, "is_machine": "on"})
    assert sees_all.get(address(survey)).context["score"].value == 100
    assert sees_all.post(address(survey, "machine/"), {"response": "x"}).status_code == 404


# Where nobody is named


def test_fewer_than_five_confidential_responses_say_nothing(sees_all, confidential, najm):
    for number in range(4):
        replied(confidential, 9, f"secret {number}", account=najm, days=3)
    release()

    page, exported = sees_all.get(address(confidential)), sees_all.get(address(confidential, "export.csv"))

    assert "Fewer than five responses" in page.content.decode()
    assert "secret" not in page.content.decode()
    assert len(rows_of_csv(exported)) == 1


def test_confidential_results_move_by_five_that_nobody_can_change(sees_all, confidential, najm):
    def answered():
        release()
        context = sees_all.get(address(confidential)).context
        return context["results"].counts["begun"], context["score"].n, len(lines())

    def lines():
        return rows_of_csv(sees_all.get(address(confidential, "export.csv")))[1:]

    for _number in range(5):
        replied(confidential, account=najm, days=9)
    assert answered() == (5, 5, 5)
    for days in (5, 4, 3, 2, 0):
        replied(confidential, account=najm, days=days)
    assert answered() == (5, 5, 5)
    replied(confidential, account=najm, days=2)
    assert answered() == (10, 10, 10)


def test_confidential_machine_is_left_out_with_the_next_five(sees_all, confidential, najm):
    for score in (9, 9, 9, 9, 2):
        made = replied(confidential, score, f"said {score}", account=najm, days=9)
    release()

    sees_all.post(address(confidential, "machine/"), {"response": made.pk, "is_machine": "on"})
    page = sees_all.get(address(confidential))
    assert (page.context["score"].value, "left out with the next" in page.content.decode()) == (60, True)
    for _number in range(5):
        replied(confidential, account=najm, days=9)
    release()

    page = sees_all.get(address(confidential))
    assert (page.context["score"].n, page.context["score"].value, page.context["machine_count"]) == (
        9,
        100,
        1,
    )


def test_confidential_results_name_nobody(sees_all, confidential, najm):
    sara = plain(Contact, account=najm, name="Sara")
    for number in range(5):
        made = replied(confidential, 9, f"text {number}", account=najm, contact=sara, days=3)
        Answer.objects.create(response=made, question="phone", text="Sara\n+9665000")
    release()

    page = sees_all.get(address(confidential)).content.decode()
    head, line, *_rest = rows_of_csv(sees_all.get(address(confidential, "export.csv")))

    assert "text 3" in page
    assert [name for name in ("Najm", "Sara") if name in page] == []
    assert (head, line[1:]) == (["Day", "How likely?", "Why?"], ["9", line[2]])


def test_part_is_shown_only_where_five_are_left_and_moves_by_five(sees_all, confidential, najm):
    def answer(score=9, **times):
        for language, count in times.items():
            for _number in range(count):
                replied(confidential, score, account=najm, language=language, days=3)
        release()

    def parts():
        splits = sees_all.get(address(confidential)).context["splits"]
        return {name: part.n for split in splits for name, part in split["rows"]}

    answer(en=6, ar=3)
    assert (parts(), sees_all.get(address(confidential), {"language": "en"}).status_code) == ({}, 400)

    answer(ar=5, score=2)
    assert parts() == {"English": 6, "Arabic": 8}
    assert counts(sees_all.get(address(confidential), {"language": "en"})) == {"9": 6}

    answer(en=4, ar=1)
    assert parts() == {"English": 6, "Arabic": 8}
    assert sees_all.get(address(confidential)).context["score"].n == 19


def test_question_that_few_answered_is_kept(sees_all, confidential, najm):
    for number in range(5):
        replied(confidential, 9, "only me" if not number else "", account=najm, days=3)
    release()

    page = sees_all.get(address(confidential)).content.decode()
    exported = sees_all.get(address(confidential, "export.csv"))

    assert ("only me" in page, len(rows_of_csv(exported))) == (False, 6)
    assert "only me" not in str(rows_of_csv(exported))


def test_two_filters_at_once_would_tell_of_few(sees_all, confidential, najm):
    for language, channel in (("en", "sms"), ("ar", "email")):
        for _number in range(5):
            replied(confidential, account=najm, language=language, channel=channel, days=3)
    release()

    assert sees_all.get(address(confidential), {"language": "en"}).status_code == 200
    assert sees_all.get(address(confidential), {"language": "en", "channel": "sms"}).status_code == 400


def test_trend_of_what_names_nobody_is_by_months(sees_all, confidential, najm):
    for _number in range(5):
        replied(confidential, account=najm, days=3)
    release()

    (point,) = [one for one in sees_all.get(address(confidential)).context["results"].trend() if one.n]
    assert (point.n, point.value) == (5, 100)


def test_why_a_score_is_of_fewer_than_all_responses_is_said(sees_all, najm):
    survey, of_few = rows.survey(), "the last score of each person"
    someone = Contact.objects.create(account=najm, name="Amal")
    replied(survey, account=najm, contact=someone, days=3)
    once = shown(sees_all.get(address(survey)))
    replied(survey, 5, account=najm, contact=someone, days=2)
    again = shown(sees_all.get(address(survey)))

    assert "n = 1" in once
    assert of_few not in once
    assert f"n = 1 {of_few}" in again
