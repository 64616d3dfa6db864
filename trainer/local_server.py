"""A small server for a page of the trainer's own: who is let in, and what every answer carries."""

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from trainer.errors import UserError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PATIENCE_SECONDS = 60


def policy(inline: str) -> str:
    """What a page may load: from this server alone, scripts and styles from `inline`; it may be in no frame."""
    return (
        f"default-src 'none'; img-src 'self' data:; style-src {inline}; script-src {inline}; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class LocalServer(ThreadingHTTPServer):
    """Listens at `host`:`port`, 0 for a free one. Raises `UserError` where it cannot."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, handler: type["LocalHandler"]) -> None:
        self.loopback = host in LOOPBACK
        try:
            super().__init__((host, port), handler)
        except (OSError, OverflowError) as error:
            raise UserError(f"cannot serve at {host}:{port} ({getattr(error, 'strerror', None) or error})") from None

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}/"


class LocalHandler(BaseHTTPRequestHandler):
    """Lets in who is welcome, reads JSON that is posted, and answers under a strict policy."""

    server: LocalServer
    timeout = PATIENCE_SECONDS
    server_version = "local"
    sys_version = ""
    policy = policy("'self'")
    largest_body: int
    """Bytes of a posted body at most."""

    def is_welcome(self) -> bool:
        """On loopback, only requests that name this machine.

        A foreign name that leads here is an attack (DNS rebinding).
        """
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        if self.server.loopback and host not in LOOPBACK:
            self.refuse(HTTPStatus.MISDIRECTED_REQUEST, "this server is for its own machine")
            return False
        return True

    def posted_length(self) -> int | None:
        """The length of a posted JSON body that may be read, of who is welcome; None where it was refused."""
        if self.headers.get_content_type() != "application/json":
            # Another site's page cannot send this type without asking first, and is never allowed to.
            self.refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON")
            return None
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            self.refuse(HTTPStatus.LENGTH_REQUIRED, "say how long it is")
            return None
        if int(length[:12]) > self.largest_body:
            self.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"send up to {self.largest_body} bytes")
            return None
        return int(length)

    def refuse(self, status: HTTPStatus, problem: str) -> None:
        """Answer that it is not done, and why."""
        self.send_json({"problem": problem}, status)

    def send_json(self, value: Any, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Answer with a JSON value."""
        self.send(json.dumps(value).encode(), "application/json", status)

    def send(self, data: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK, *, cached: bool = False) -> None:
        """Answer with `data` of the media type `kind`; a HEAD request gets the headers alone."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", self.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "private, max-age=86400, immutable" if cached else "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: who looks at which picture is nobody's business."""
