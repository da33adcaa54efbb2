"""One request, to a real server that behaves badly."""

import socket
import ssl
import subprocess
from contextlib import contextmanager
from threading import Thread
from time import monotonic

import pytest

from accounts.webhooks.posting import Problem, post
from tests.accounts.webhooks.receiving import answer, receiver

SHORT = 0.6


def told(url, timeout=5.0):
    begun = monotonic()
    got = post(url, "{}", {"webhook-id": "msg_1"}, timeout=timeout)
    assert monotonic() - begun < timeout + 0.5
    return got


def test_what_is_answered_is_told(receive):
    there = receive(answer(201, "تمّ".encode()))

    got = told(f"{there.url}?a=b")

    assert (got.status, got.problem, got.text) == (201, "", "تمّ")
    headers, body = there.got[0]
    assert body == "{}"
    assert headers["Content-Type"] == "application/json"
    assert headers["Host"] == there.url.split("/")[2]


@pytest.mark.parametrize(
    ("status", "problem"),
    [(302, Problem.REDIRECT), (410, Problem.GONE), (404, Problem.STATUS), (500, Problem.STATUS)],
)
def test_other_answers_are_failures_that_say_what_they_are(receive, status, problem):
    got = told(receive(answer(status, b"no")).url)

    assert (got.status, got.problem, got.text) == (status, problem, "no")


def test_a_redirect_is_not_followed(receive):
    other = receive()

    told(receive(answer(307, Location=other.url)).url)

    assert other.got == []


def test_of_a_long_answer_the_beginning_is_read(receive):
    got = told(receive(answer(200, b"x" * 50_000_000)).url)

    assert (got.status, got.problem, len(got.text)) == (200, "", 500)


def test_who_answers_nothing_is_cut_off(receive):
    got = told(receive(lambda handler: handler.closing.wait(5)).url, SHORT)

    assert (got.status, got.problem) == (None, Problem.TIMEOUT)


def drip(first):
    def does(handler):
        handler.wfile.write(first)
        while not handler.closing.wait(0.1):
            handler.wfile.write(b"x")

    return does


def test_who_drips_headers_is_cut_off(receive):
    got = told(receive(drip(b"HTTP/1.0 200 OK\r\nX-Long: ")).url, SHORT)

    assert (got.status, got.problem) == (None, Problem.TIMEOUT)


def test_who_drips_the_answer_has_taken_it(receive):
    got = told(receive(drip(b"HTTP/1.0 200 OK\r\n\r\n")).url, SHORT)

    assert (got.status, got.problem) == (200, "")


def test_who_breaks_off_or_is_not_there_is_not_reached(receive):
    there = receive(lambda handler: handler.connection.shutdown(socket.SHUT_RDWR))
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        free = nobody.getsockname()[1]

    assert told(there.url).problem == Problem.CONNECTION
    assert told(f"http://127.0.0.1:{free}/").problem == Problem.CONNECTION
    assert told("http://nobody.invalid/").problem == Problem.UNKNOWN_HOST


def test_what_is_no_http_is_not_reached(receive):
    assert told(receive(lambda handler: handler.wfile.write(b"\x16\x03nonsense\r\n\r\n")).url).problem == (
        Problem.CONNECTION
    )


def test_private_addresses_are_not_reached():
    """Also where one was entered while its name led elsewhere."""
    with receiver() as there:
        got = post(there.url.replace("http:", "https:"), "{}", {})

    assert (got.status, got.problem, there.got) == (None, Problem.ADDRESS, [])


# Encrypted


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Of "localhost"."""
    folder = tmp_path_factory.mktemp("tls")
    key, file = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        + ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", file],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    context.names = []
    context.sni_callback = lambda _line, name, _context: context.names.append(name)
    return file, context


def test_the_certificate_is_of_the_name_while_the_address_is_the_one_looked_at(
    receive, certificate, monkeypatch
):
    file, context = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    there = receive(context=context, host="localhost")

    got = told(there.url)

    assert (got.status, got.problem) == (200, "")
    assert context.names[-1] == "localhost"
    assert there.got[0][0]["Host"] == there.url.split("/")[2]


def test_a_certificate_of_another_name_is_refused(receive, certificate, monkeypatch):
    file, context = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    there = receive(context=context)

    got = told(there.url)

    assert (got.problem, there.got) == (Problem.CERTIFICATE, [])


def test_a_certificate_of_nobody_is_refused(receive, certificate):
    there = receive(context=certificate[1], host="localhost")

    got = told(there.url)

    assert (got.problem, there.got) == (Problem.CERTIFICATE, [])


@contextmanager
def silent():
    """Takes the connection and says nothing, also where encryption begins."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = []
        Thread(target=lambda: taken.append(server.accept()), daemon=True).start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}/"
        for line, _address in taken:
            line.close()


def test_who_never_begins_to_encrypt_is_cut_off(private):
    with silent() as url:
        assert told(url, SHORT).problem == Problem.TIMEOUT


def test_it_is_said_right_before_it_leaves(receive):
    told = receive()
    seen = []

    post(told.url, "{}", {}, leaving=lambda: seen.append(len(told.got)))

    assert (seen, len(told.got)) == ([0], 1)


def test_nothing_leaves_where_nobody_answers(private):
    left = []

    found = post("http://127.0.0.1:9/", "{}", {}, leaving=lambda: left.append(True))

    assert (found.problem, left) == ("connection", [])


def test_so_much_of_the_answer_is_read_as_is_asked_for(receive):
    told = receive(answer(200, "س".encode() * 3000))

    assert len(post(told.url, "{}", {}, longest=2000).text) == 2000
