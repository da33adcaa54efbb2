"""Mails step by step: a server that says its answers by a list, whatever it hears."""

import socket
from contextlib import closing, contextmanager
from threading import Thread

import pytest

from accounts.messages.outcomes import Fate, Reason, Unreachable
from accounts.messages.smtp import SmtpLine

TAKES = {"MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", ".": "250 2.0.0 taken", "RSET": "250 ok"}
NOBODY = "550 5.1.1 no such user"
CONTENT = b"Subject: x\r\n\r\nHello\r\n.dot\r\n"


class Scripted:
    """`answers`: those to come, by the word of a command, in turn; then as any server says. `heard`: all lines."""

    def __init__(self, extensions):
        self.extensions = extensions
        self.answers = {}
        self.heard = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def serve(self):
        while True:
            try:
                taken, _address = self.listener.accept()
            except OSError:
                return
            with taken, taken.makefile("rwb") as stream:
                self._talk(stream)

    def _talk(self, stream):
        is_mail = False
        self._say(stream, "220 here")
        for line in stream:
            words = line.decode().rstrip("\r\n")
            self.heard.append(words)
            if is_mail and words != ".":
                continue
            said = self._answer(words[:4].upper())
            is_mail = said.startswith("354")
            self._say(stream, said)
            if said.startswith("421"):
                return

    def _answer(self, word):
        if word == "EHLO":
            return "\r\n".join(["250-here", *(f"250-{name}" for name in self.extensions), "250 HELP"])
        given = self.answers.get(word)
        return given.pop(0) if given else TAKES.get(word, "221 bye")

    def _say(self, stream, words):
        stream.write(f"{words}\r\n".encode())
        stream.flush()


@contextmanager
def scripted(settings, *extensions):
    server = Scripted(extensions)
    talking = Thread(target=server.serve, daemon=True)
    talking.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 5
    try:
        yield server
    finally:
        # Who waits for the next one is woken by nothing else.
        server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()
        talking.join(5)


@pytest.fixture(params=["at once", "step by step"])
def server(request, settings):
    extensions = ["PIPELINING", "SIZE 1000000"] if request.param == "at once" else []
    with scripted(settings, *extensions) as server:
        yield server


@pytest.fixture
def line(server):
    with closing(SmtpLine()) as line:
        line.open()
        yield line


class Note(list):
    """That it leaves: begun, then waited for; both in any case."""

    def begin(self):
        self.append("begun")

    def __call__(self):
        self.append("noted")


def hand_over(line, recipient="sara@najm.example"):
    note = Note()
    if not line.is_open:
        line.open()
    try:
        return line.hand_over("us@cxhub.example", recipient, lambda: CONTENT, note)
    finally:
        assert note == ["begun", "noted"]


def test_mail_is_handed_over(server, line):
    outcome = hand_over(line)

    assert (outcome.fate, outcome.answer) == (Fate.SENT, "250 2.0.0 taken")
    assert server.heard[1:] == [
        "MAIL FROM:<us@cxhub.example>",
        "RCPT TO:<sara@najm.example>",
        "DATA",
        "Subject: x",
        "",
        "Hello",
        "..dot",
        ".",
    ]


@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA"])
def test_what_is_refused_at_any_step_has_not_left_and_the_next_goes_on(server, line, word):
    server.answers = {word: [NOBODY]}

    outcome = hand_over(line)
    following = hand_over(line, "omar@najm.example")

    assert (outcome.fate, outcome.answer) == (Fate.BOUNCED, NOBODY)
    assert following.fate == Fate.SENT
    assert server.heard.count("Hello") == 1


def test_first_refusal_is_the_one_that_counts(server, line):
    server.answers = {"MAIL": ["452 4.3.1 full"], "RCPT": ["503 5.5.1 no sender"], "DATA": ["503 5.5.1 none"]}

    outcome = hand_over(line)

    assert (outcome.fate, outcome.answer) == (Fate.LATER, "452 4.3.1 full")


def test_who_refuses_the_recipient_and_waits_for_the_mail_gets_none(settings):
    with scripted(settings, "PIPELINING") as server, closing(SmtpLine()) as line:
        line.open()
        server.answers = {"RCPT": [NOBODY], ".": ["554 5.5.1 to nobody"]}

        outcome = hand_over(line)

        assert outcome.fate == Fate.BOUNCED
        assert server.heard[1:] == [
            "MAIL FROM:<us@cxhub.example>",
            "RCPT TO:<sara@najm.example>",
            "DATA",
            ".",
            "rset",
        ]


def test_who_refuses_the_sender_and_takes_the_rest_gets_no_empty_mail(settings):
    with scripted(settings, "PIPELINING") as server, closing(SmtpLine()) as line:
        line.open()
        server.answers = {"MAIL": ["451 4.3.0 later"]}

        outcome = hand_over(line)

        assert (outcome.fate, line.is_open) == (Fate.LATER, False)
        assert "." not in server.heard


def test_who_refuses_and_closes_has_said_why(server, line):
    server.answers = {"MAIL": ["421 4.3.2 closing"]}

    outcome = hand_over(line)

    assert (outcome.fate, outcome.reason) == (Fate.LATER, Reason.TEMPORARY)
    assert not line.is_open


def test_who_closes_without_a_word_is_not_reached(server, line):
    hand_over(line)
    server.answers = {"RSET": ["421 4.3.2 closing"], "RCPT": [NOBODY]}
    hand_over(line)

    with pytest.raises(Unreachable):
        hand_over(line)


def test_zeros_in_an_answer_are_left_out(server, line):
    server.answers = {".": ["250 2.0.0 ta\0ken"]}

    assert hand_over(line).answer == "250 2.0.0 taken"
