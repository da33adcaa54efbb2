"""A receiver of webhooks on loopback, which does what it is told to."""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


@dataclass
class Receiver:
    """`does` is called with the handler; without it the answer is 200. `got`: (headers, body) of each request."""

    does: object = None
    got: list = field(default_factory=list)
    url: str = ""
    closing: Event = field(default_factory=Event)

    @property
    def keys(self):
        return [headers["webhook-id"] for headers, _body in self.got]

    @property
    def contents(self):
        return [json.loads(body)["data"]["content"] for _headers, body in self.got]

    def close(self):
        self.closing.set()


def answer(status, body=b"", **headers):
    def does(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return does


@contextmanager
def receiver(does=None, *, context=None, host="127.0.0.1"):
    told = Receiver(does or answer(200))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            told.got.append((dict(self.headers), body))
            self.closing = told.closing
            told.does(self)

        def log_message(self, *_words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    server.handle_error = lambda *_what: None
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    told.url = f"{'https' if context else 'http'}://{host}:{server.server_port}/hook"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield told
    finally:
        told.close()
        server.shutdown()
        server.server_close()
