"""Many people who answer a survey at the same moment, from several web processes: nothing is lost, nothing doubled."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from threading import Barrier
from urllib.parse import urlencode

from tests.surveys.test_answering_pages import fields

PEOPLE, AT_ONCE = 200, 10
ASK = f"""
from django.utils import timezone
from accounts.models import Account
from accounts.texts import Text
from surveys import tokens
from surveys.content import Content, Kind, Question, written
from surveys.models import Invitation, Survey, SurveyVersion

nps = Question("nps", Kind.SCALE, Text(en="How likely?"), scale="nps", required=True)
asked = written(Content((nps, Question("why", Kind.LONG, Text(en="Why?")))))
survey = Survey.objects.create(name="All at once", draft=asked)
SurveyVersion.objects.create(survey=survey, number=1, asked=asked)
account = Account.objects.create(name="Najm")
for _person in range({PEOPLE + 1}):
    given = dict(survey=survey, account=account, language="en", invited_at=timezone.now())
    print(tokens.of(Invitation.objects.create(**given)))
"""
KEPT = """
SELECT i.id, r.id, s.score, w.text, i.answered, num_nulls(i.completed_at, r.completed_at), f.id IS NOT NULL
FROM surveys_invitation i LEFT JOIN surveys_response r ON r.invitation_id = i.id
LEFT JOIN surveys_answer s ON s.response_id = r.id AND s.question = 'nps'
LEFT JOIN surveys_answer w ON w.response_id = r.id AND w.question = 'why'
LEFT JOIN surveys_followup f ON f.response_id = r.id
WHERE i.survey_id = (SELECT id FROM surveys_survey WHERE name = 'All at once') ORDER BY i.id"""


def test_two_hundred_people_answer_at_once_and_one_of_them_ten_times(running):
    tokens = running.run("shell", "-v", "0", "-c", ASK).split()
    senders = [*range(PEOPLE), *[PEOPLE] * AT_ONCE]
    all_have_their_page = Barrier(len(senders))
    pages = {}

    def answer(number):
        path = f"/s/{tokens[number]}/"
        with closing(HTTPConnection("127.0.0.1", running.port, timeout=60)) as connection:
            pages.setdefault(number, said(connection, "GET", path)[1])
            connection.close()
            all_have_their_page.wait(60)
            # Nobody reads it in less.
            time.sleep(1)
            sent = fields(pages[number]) | {"nps": number % 11, "why": f"because {number}"}
            return said(connection, "POST", path, urlencode(sent))[0]

    with ThreadPoolExecutor(len(senders)) as crowd:
        answered = Counter(crowd.map(answer, senders))

    with running.servers._connect("cxhub") as connection:
        kept = connection.execute(KEPT).fetchall()
    assert answered == {302: len(senders)}
    assert len({response for _invitation, response, *_rest in kept}) == PEOPLE + 1
    assert [rest for _invitation, _response, *rest in kept] == [
        [number % 11, f"because {number}", True, 0, number % 11 <= 6] for number in range(PEOPLE + 1)
    ]


def said(connection, method, path, body=None):
    """Status and page."""
    head = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    connection.request(method, path, body, head)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()
