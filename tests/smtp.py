"""A real SMTP server on the loopback that answers as a test says, and keeps what it took."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from cxhub.embedded import free_port

TAKEN = "250 2.0.0 taken"


@dataclass
class Server:
    """`answers`: of a step ("MAIL", "RCPT", "DATA") what is said to an address, None for what a server says usually.

    `taken`: mails that were answered with 250, in order; `seen`: those of which the last byte came.
    """

    port: int
    pipelining: bool = True
    taken: list[EmailMessage] = field(default_factory=list)
    seen: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, Callable[[str], str | None]] = field(default_factory=dict)
    after: dict[str, Callable[[str], None]] = field(default_factory=dict)

    def took(self) -> None:
        """The 250 is on its way."""
        self.after.get("TAKEN", lambda _address: None)("")

    def says(self, step: str, address: str) -> str | None:
        said = self.answers.get(step, lambda _address: None)(address)
        self.after.get(step, lambda _address: None)(address)
        return said

    @property
    def addresses(self) -> list[str]:
        return [str(mail["To"]) for mail in self.taken]

    # What aiosmtpd asks.

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [answers[0], *(["250-PIPELINING"] if self.pipelining else []), *answers[1:]]

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = self.says("MAIL", address)
        if said is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return said or "250 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        said = self.says("RCPT", address)
        if said is None:
            envelope.rcpt_tos.append(address)
        return said or "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        mail = message_from_bytes(envelope.content or b"", policy=policy.default)
        self.seen.append(mail)
        said = self.says("DATA", envelope.rcpt_tos[0])
        if said is None:
            self.taken.append(mail)
        return said or TAKEN


class Telling(SMTP):
    """Says when its 250 is on its way."""

    async def push(self, status: str) -> None:
        await super().push(status)
        if status == TAKEN:
            self.event_handler.took()


class Serving(Controller):
    def factory(self) -> SMTP:
        return Telling(self.handler)


@contextmanager
def serving() -> Iterator[Server]:
    server = Server(free_port())
    controller = Serving(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
