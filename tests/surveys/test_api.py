"""Surveys over the API: what is asked, who is asked and by whom, and what they answered."""

import threading
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Contact, FrequencyRule, Message
from surveys import answering, tokens
from surveys.models import Invitation, Survey
from tests.accounts.messages.mailed import in_role, person
from tests.accounts.reading import ids, problem
from tests.accounts.writing import Program, pointers
from tests.factories import account, at, plain, ticket
from tests.surveys import rows
from tests.surveys.rows import NPS, WHY
from tests.surveys.test_answering import sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked():
    return rows.survey()


@pytest.fixture
def sara(csm):
    return person(account=account(owner=csm), source="shop", external_id="C-12")


@pytest.fixture
def program(csm):
    return Program(csm)


def wish(survey, contact, **fields):
    return {"survey": str(survey.pk), "contact": str(contact.pk), "external_id": "order-1"} | fields


# Surveys


def test_list_of_surveys_says_where_they_stand(program, asked):
    draft = Survey.objects.create(name="Churn")
    over = rows.survey(closes="2026-01-31")

    listed = {row["id"]: row for row in program.get("surveys/").json()["results"]}

    said = {key: (row["state"], row["version"], row["languages"]) for key, row in listed.items()}
    assert said == {
        str(asked.pk): ("open", 1, ["en", "ar"]),
        str(draft.pk): ("draft", None, []),
        str(over.pk): ("closed", 1, ["en", "ar"]),
    }
    assert ids(program.get("surveys/?state=closed")) == [str(over.pk)]


def test_one_survey_says_what_it_asks_and_on_which_scales(program, asked):
    shown = program.get(f"surveys/{asked.pk}/").json()

    first, second = shown["questions"]
    assert (first["key"], first["kind"], first["text"], first["scale"]) == (
        "nps",
        "scale",
        dict(NPS.text),
        "nps",
    )
    assert (first["required"], second["key"], second["required"]) == (True, WHY.key, False)
    (scale,) = shown["scales"]
    assert (scale["key"], scale["measure"]) == ("nps", "nps")
    assert [(point["value"], point["band"]) for point in scale["points"]] == [
        *((value, "low") for value in range(7)),
        *((7, "middle"), (8, "middle"), (9, "high"), (10, "high")),
    ]


def test_list_of_surveys_costs_the_same_for_three(program, asked, django_assert_max_num_queries):
    program.get("surveys/")
    with django_assert_max_num_queries(20) as few:
        program.get("surveys/")
    rows.survey()
    rows.survey()

    with django_assert_max_num_queries(20) as more:
        assert len(program.get("surveys/").json()["results"]) == 3

    assert len(few.captured_queries) == len(more.captured_queries)


# Invitations


def test_program_asks_somebody_and_is_told_where(program, csm, asked, sara):
    about = ticket(sara.account, [("opened", "2026-01-01 10:00")])

    response = program.post(
        "invitations/",
        wish(asked, sara, ticket=str(about.pk), language="ar", days_valid=7, source="shop")
        | {"contact": {"source": "shop", "external_id": "C-12"}},
    )

    made, shown = Invitation.objects.get(), response.json()
    assert response.status_code == 201
    assert (made.survey, made.contact, made.account, made.ticket) == (asked, sara, sara.account, about)
    assert (made.channel, made.language, made.source, made.external_id) == (
        "program",
        "ar",
        "shop",
        "order-1",
    )
    assert made.expires_at - made.invited_at == timedelta(days=7)
    assert made.delivered_at == made.invited_at
    assert tokens.read(shown["address"].rstrip("/").rsplit("/", 1)[-1]) == made
    assert response["Location"].endswith(f"/api/v1/invitations/{made.pk}/")
    assert "address" not in program.get(f"invitations/{made.pk}/").json()


def test_address_leads_to_the_page(program, client, asked, sara):
    address = program.post("invitations/", wish(asked, sara)).json()["address"]

    assert b"How likely?" in client.get(address).content


def test_account_alone_is_asked(program, asked, sara):
    body = {"survey": str(asked.pk), "account": str(sara.account_id)}

    shown = program.post("invitations/", body).json()

    assert (shown["account"], shown["contact"], shown["source"]) == (str(sara.account_id), None, "")


def test_same_again_is_the_same_invitation(program, asked, sara):
    first = program.post("invitations/", wish(asked, sara))
    Contact.objects.filter(pk=sara.pk).update(language="ar")
    Survey.objects.filter(pk=asked.pk).update(closes="2026-01-31")
    again = program.post("invitations/", wish(asked, sara))

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["source"] == "api"


@pytest.mark.parametrize(
    "other", [{"days_valid": 5}, {"language": "ar"}, {"survey": "other"}, {"contact": "other"}]
)
def test_another_wish_with_the_same_id_is_a_conflict(program, asked, sara, other):
    program.post("invitations/", wish(asked, sara))
    others = {"survey": rows.survey, "contact": lambda: person("omar@najm.example", account=sara.account)}
    said = {name: str(others[name]().pk) if value == "other" else value for name, value in other.items()}

    refused = problem(program.post("invitations/", wish(asked, sara) | said), 409)

    assert pointers(refused) == ["#/external_id"]
    assert refused["errors"][0]["code"] == "taken"
    assert Invitation.objects.count() == 1


def test_request_sent_again_with_its_key_asks_once(program, asked, sara):
    body = {"survey": str(asked.pk), "contact": str(sara.pk)}

    answers = [program.post("invitations/", body, Idempotency_Key="k1") for _time in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Invitation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_are_one_invitation(csm, asked, sara):
    programs = [Program(csm) for _number in range(10)]
    start, answers = threading.Barrier(10), []

    def send(program):
        with closing(connection):
            start.wait(20)
            answers.append(program.post("invitations/", wish(asked, sara)))

    threads = [threading.Thread(target=send, args=(program,)) for program in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(answer.status_code for answer in answers) == [*[200] * 9, 201]
    assert {answer.json()["id"] for answer in answers} == {str(Invitation.objects.get().pk)}


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        ({"to_person": 1}, ("#/contact", "person_topic")),
        ({"to_person": 1, "topic": "nps"}, ("#/contact", "person_topic")),
        ({"to_person": None, "to_account": 1}, ("#/account", "account_topic")),
        ({"to_person": 2}, None),
        ({"to_person": 1, "topic": "csat"}, None),
    ],
)
@pytest.mark.parametrize("by_mail", [True, False])
def test_whoever_was_asked_enough_is_not_asked(program, asked, sara, rule, refused, by_mail):
    plain(FrequencyRule, **rule)
    if by_mail:
        given = {"contact": sara, "account": sara.account, "address": sara.email, "topic": "nps"}
        plain(Message, **given, state="sent", sent_at=timezone.now(), key="1")
    else:
        rows.invitation(
            asked, contact=sara, account=sara.account, channel="program", invited_at=timezone.now()
        )

    answer = program.post("invitations/", wish(asked, sara))

    errors = answer.json().get("errors", [])
    assert [(error["pointer"], error["code"]) for error in errors] == ([refused] if refused else [])
    assert answer.status_code == (409 if refused else 201)


def test_who_was_asked_long_ago_or_is_asked_by_the_same_id_may_be(program, asked, sara):
    plain(FrequencyRule, days=30, to_person=1)
    then = timezone.now() - timedelta(days=31)
    rows.invitation(asked, contact=sara, account=sara.account, channel="program", invited_at=then)

    answers = [program.post("invitations/", wish(asked, sara)).status_code for _time in range(2)]

    assert answers == [201, 200]


@pytest.mark.parametrize(
    ("survey", "code"),
    [
        ({"content": None}, "draft"),
        ({"closes": "2026-01-31"}, "closed"),
        ({"opens": "2099-01-01"}, "closed"),
        ({"archived_at": at("2026-01-31 10:00")}, "archived"),
        ({"quota": 1}, "full"),
    ],
)
def test_survey_that_nobody_can_answer_is_refused(program, sara, survey, code):
    asked = Survey.objects.create(name="Draft") if "content" in survey else rows.survey(**survey)
    if code == "full":
        rows.response(asked)

    refused = problem(program.post("invitations/", wish(asked, sara)), 409)

    assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [("#/survey", code)]
    assert not Invitation.objects.exists()


def test_erased_contact_is_not_asked(program, asked, sara):
    empty = {"name": "", "email": "erased-1@erased.invalid", "phone": ""}
    Contact.objects.filter(pk=sara.pk).update(erased_at=timezone.now(), **empty)

    refused = problem(program.post("invitations/", wish(asked, sara)), 409)

    assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [("#/contact", "erased")]


def test_survivor_of_a_merge_is_asked(program, asked, sara):
    loser = person("sara@old.example", account=sara.account, merged_into=sara)

    first = program.post("invitations/", wish(asked, loser))
    again = program.post("invitations/", wish(asked, sara))

    assert first.json()["contact"] == str(sara.pk)
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"contact": None}, "contact"),
        ({"contact": {"source": "shop", "external_id": "C-13"}}, "contact"),
        ({"survey": "999999"}, "survey"),
        ({"survey": {"source": "shop", "external_id": "S-1"}}, "survey"),
        ({"survey": None}, "survey"),
        ({"language": "fr"}, "language"),
        ({"days_valid": 0}, "days_valid"),
        ({"days_valid": 366}, "days_valid"),
        ({"channel": "email"}, "channel"),
    ],
)
def test_what_is_wrong_in_itself_is_refused(program, asked, sara, fields, field):
    refused = problem(program.post("invitations/", wish(asked, sara) | fields), 400)

    assert pointers(refused) == [f"#/{field}"]


@pytest.mark.parametrize("field", ["contact", "ticket"])
def test_what_is_of_another_account_is_refused(program, csm, asked, sara, field):
    other = account("Falak", owner=csm)
    about = {
        "ticket": ticket(other, [("opened", "2026-01-01 10:00")]),
        "contact": person("x@y.example", account=other),
    }
    body = wish(asked, sara, account=str(sara.account_id)) | {field: str(about[field].pk)}

    assert pointers(problem(program.post("invitations/", body), 400)) == [f"#/{field}"]


def test_who_may_see_and_ask_whom(csm, bob, charlie, team, asked, sara):
    type(sara.account).objects.filter(pk=sara.account_id).update(team=team)
    one = rows.invitation(asked, account=sara.account, contact=sara)
    hers, teams, strangers = (Program(in_role(user)) for user in (csm, bob, charlie))

    for program, status in ((hers, 201), (teams, 200)):
        assert ids(program.get("invitations/"))[0] == str(one.pk)
        assert program.post("invitations/", wish(asked, sara)).status_code == status
    assert ids(strangers.get("invitations/")) == []
    assert strangers.get(f"invitations/{one.pk}/").status_code == 404
    assert strangers.post(f"invitations/{one.pk}/revoke/", {}).status_code == 404
    assert pointers(problem(strangers.post("invitations/", wish(asked, sara)), 400)) == ["#/contact"]


def test_who_only_reads_asks_nobody(charlie, asked, sara):
    one = rows.invitation(asked, account=sara.account)
    reader = Program(in_role(charlie, "Executive"))

    assert reader.get(f"invitations/{one.pk}/").status_code == 200
    assert reader.post("invitations/", wish(asked, sara)).status_code == 403
    assert reader.post(f"invitations/{one.pk}/revoke/", {}).status_code == 403
    assert Program(in_role(charlie, "Executive"), "read").post("invitations/", {}).status_code == 403


def test_filters_of_invitations(program, asked, sara):
    kept = rows.invitation(asked, account=sara.account, contact=sara, channel="sms", answered=True)
    rows.invitation(account=sara.account, invited_at=at("2026-02-10 12:00"))

    for filtered in (
        f"survey={asked.pk}",
        f"contact={sara.pk}",
        "channel=sms",
        "answered=true",
        "invited_at__lt=2026-02-01T00:00:00Z",
    ):
        assert ids(program.get(f"invitations/?{filtered}")) == [str(kept.pk)], filtered
    assert program.get("invitations/?updated_since=2026-01-01T00:00:00Z").status_code == 400


def test_nobody_is_told_who_answered_anonymously(program, sara):
    one = rows.invitation(rows.survey(identity="anonymous"), account=sara.account, answered=True)

    assert program.get(f"invitations/{one.pk}/").json()["answered"] is None
    assert ids(program.get("invitations/?answered=true")) == []
    assert ids(program.get("invitations/?answered=false")) == []


def test_revoked_invitation_is_over(program, client, asked, sara):
    made = program.post("invitations/", wish(asked, sara)).json()

    first = program.post(f"invitations/{made['id']}/revoke/", {}).json()
    again = program.post(f"invitations/{made['id']}/revoke/", {}).json()

    assert first["revoked_at"] == again["revoked_at"] is not None
    assert client.get(made["address"]).status_code == 410


# Responses


def test_response_is_shown_with_its_answers(program, sara):
    invitation = rows.invitation(account=sara.account, contact=sara, language="en")
    asked, now = invitation.survey, timezone.now()
    response = answering.complete(invitation, sent(invitation, nps=3, why="Slow"), now)

    shown = program.get(f"responses/{response.pk}/").json()

    assert (shown["survey"], shown["version"], shown["invitation"]) == (str(asked.pk), 1, str(invitation.pk))
    assert (shown["account"], shown["contact"], shown["band"]) == (str(sara.account_id), str(sara.pk), "low")
    assert shown["answers"] == [
        {
            "question": "nps",
            "value": 3,
            "text": "",
            "scale": "nps",
            "measure": "nps",
            "score": 3,
            "band": "low",
        },
        {
            "question": "why",
            "value": None,
            "text": "Slow",
            "scale": "",
            "measure": "",
            "score": None,
            "band": "",
        },
    ]


@pytest.mark.parametrize("identity", ["confidential", "anonymous"])
def test_what_was_not_said_by_name_is_not_shown_one_by_one(administrator, identity):
    """With the names of none of the others either, and to nobody."""
    asked = rows.survey(identity=identity)
    given = [rows.response(asked, identity=identity) for _number in range(6)]
    program = Program(administrator)

    assert ids(program.get(f"responses/?survey={asked.pk}")) == []
    assert program.get(f"responses/{given[0].pk}/").status_code == 404


def test_what_is_not_sent_yet_is_not_shown(program, sara):
    begun = rows.response(account=sara.account, completed_at=None)

    assert ids(program.get("responses/")) == []
    assert program.get(f"responses/{begun.pk}/").status_code == 404


def test_responses_are_of_accounts_that_one_sees(csm, charlie, sara):
    hers = rows.response(account=sara.account)
    rows.response(account=None)
    stranger = Program(in_role(charlie))

    assert ids(Program(csm).get("responses/")) == [str(hers.pk)]
    assert ids(stranger.get("responses/")) == []
    assert stranger.get(f"responses/{hers.pk}/").status_code == 404
    charlie.groups.clear()
    assert Program(type(charlie).objects.get(pk=charlie.pk)).get("responses/").status_code == 403


def test_filters_of_responses(program, asked, sara):
    kept = rows.response(asked, account=sara.account, contact=sara, band="low")
    rows.response(account=sara.account, on="2026-02-10 12:00", band="high")

    for filtered in (
        f"survey={asked.pk}",
        f"contact={sara.pk}",
        "band=low",
        "completed_at__lt=2026-02-01T00:00:00Z",
    ):
        assert ids(program.get(f"responses/?{filtered}")) == [str(kept.pk)], filtered
    assert len(ids(program.get(f"responses/?account={sara.account_id}"))) == 2


def test_responses_come_page_by_page_also_of_one_moment(program, asked, sara):
    """As many of one moment as there are."""
    given = {str(rows.response(asked, account=sara.account).pk) for _number in range(5)}
    seen, page = [], "responses/?page_size=2"

    while page:
        answered = program.get(page).json()
        seen += [row["id"] for row in answered["results"]]
        page = answered["next"] and answered["next"].split("/api/v1/")[1]

    assert (len(seen), set(seen)) == (5, given)


@pytest.mark.parametrize("cursor", ["x", "cD1ub3Roaw==", "cD0="])
def test_cursor_of_others_is_refused(program, cursor):
    assert pointers(problem(program.get(f"responses/?cursor={cursor}"), 400)) == ["#/cursor"]


def test_list_of_responses_costs_the_same_for_three(program, asked, sara, django_assert_max_num_queries):
    rows.answer(rows.response(asked, account=sara.account))
    program.get("responses/")
    with django_assert_max_num_queries(20) as few:
        program.get("responses/")
    for _time in range(2):
        rows.answer(rows.response(asked, account=sara.account))

    with django_assert_max_num_queries(20) as more:
        assert len(program.get("responses/").json()["results"]) == 3

    assert len(few.captured_queries) == len(more.captured_queries)
