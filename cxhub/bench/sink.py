"""An SMTP server that takes everything and keeps who it was for: `python -m cxhub.bench.sink`.

It says its port on the standard output; asked by a line, it says there how many mails came, and to how many addresses,
and forgets them. It ends with its standard input.
"""

import asyncio
import json
import socket
import sys
from collections import Counter

EXTENSIONS = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
END = b"\r\n.\r\n"
# A mail without a line has no end of a line before its dot.
EMPTY = b".\r\n"


class Sink(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, arrived: Counter[bytes]) -> None:
        self.arrived = arrived
        self.buffer = bytearray()
        self.recipients: list[bytes] = []
        self.is_mail = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        # The end of a mail may have come in two pieces.
        since = max(0, len(self.buffer) - len(END))
        self.buffer += data
        answers: list[bytes] = []
        while (taken := self._mail(since) if self.is_mail else self._line()) is not None:
            answers.append(taken)
            since = 0
        self.transport.write(b"".join(answers))
        if answers and answers[-1].startswith(b"221"):
            self.transport.close()

    def _mail(self, since: int) -> bytes | None:
        if self.buffer.startswith(EMPTY):
            end = len(EMPTY)
        elif (found := self.buffer.find(END, since)) >= 0:
            end = found + len(END)
        else:
            return None
        del self.buffer[:end]
        self.arrived.update(self.recipients)
        self.is_mail, self.recipients = False, []
        return b"250 2.0.0 taken\r\n"

    def _line(self) -> bytes | None:
        line, ended, _rest = self.buffer.partition(b"\r\n")
        if not ended:
            return None
        del self.buffer[: len(line) + 2]
        return self._answer(bytes(line))

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"RCPT":
            self.recipients.append(line[line.index(b"<") + 1 : line.index(b">")])
        elif verb == b"DATA":
            self.is_mail = bool(self.recipients)
            return b"354 go on\r\n" if self.is_mail else b"503 5.5.1 to nobody\r\n"
        elif verb in (b"MAIL", b"RSET"):
            self.recipients = []
        else:
            return {b"EHLO": EXTENSIONS, b"HELO": b"250 sink\r\n", b"QUIT": b"221 bye\r\n"}.get(
                verb, b"502 5.5.1 unknown\r\n"
            )
        return b"250 ok\r\n"


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main() -> None:
    arrived: Counter[bytes] = Counter()
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    server = await loop.create_server(lambda: Sink(arrived), "127.0.0.1", 0)

    def tell() -> None:
        if not sys.stdin.readline():
            over.set()
            return
        say(json.dumps({"mails": arrived.total(), "addresses": len(arrived)}))
        arrived.clear()

    loop.add_reader(sys.stdin, tell)
    say(str(server.sockets[0].getsockname()[1]))
    await over.wait()


if __name__ == "__main__":
    asyncio.run(main())
