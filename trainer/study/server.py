"""A small server for a study: hands out the public folder, takes results, knows nothing else."""

import os
import tempfile
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import gethostname
from threading import BoundedSemaphore, Lock
from urllib.parse import unquote, urlsplit

from trainer.errors import UserError
from trainer.study.key import PUBLIC, Key, read_key
from trainer.study.results import LARGEST, ResultError, parse_result

TYPES = {".html": "text/html; charset=utf-8", ".png": "image/png"}
MOST_RESULTS = 10_000
MOST_AT_ONCE = 32
PATIENCE_SECONDS = 20
POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class StudyServer(ThreadingHTTPServer):
    """Serves `folder`/public and stores results in `results`. Raises `UserError`: no study, or the port is taken."""

    daemon_threads = True

    def __init__(self, folder: Path, results: Path, host: str, port: int) -> None:
        self.key: Key = read_key(folder)
        public = folder / PUBLIC
        self.pages = {path.relative_to(public).as_posix(): path for path in public.rglob("*") if path.is_file()}
        if "index.html" not in self.pages:
            raise UserError(f"{public}: holds no index.html; make the study anew")
        self.results = results
        self.storing = Lock()
        self.places = BoundedSemaphore(MOST_AT_ONCE)
        self.loopback = host in LOOPBACK
        try:
            results.mkdir(parents=True, exist_ok=True)
            super().__init__((host, port), StudyHandler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UserError(f"cannot serve at {host}:{port} or store in {results} ({reason})") from None

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        host, port = self.server_address[:2]
        return f"http://{gethostname() if host == '0.0.0.0' else host!s}:{port}/"

    def store(self, data: bytes) -> HTTPStatus:
        """Keep one result, whole or not at all. A person's first result stays; sending the same again is no fault.

        Raises `ResultError` where it is none of this study, OSError where it cannot be written.
        """
        result = parse_result(data, self.key)
        target = self.results / f"{result.person}.json"
        with self.storing:
            if target.exists():
                return HTTPStatus.CREATED if target.read_bytes() == data else HTTPStatus.CONFLICT
            if sum(1 for _ in self.results.glob("*.json")) >= MOST_RESULTS:
                return HTTPStatus.INSUFFICIENT_STORAGE
            descriptor, unfinished = tempfile.mkstemp(dir=self.results, suffix=".unfinished")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                Path(unfinished).replace(target)
            finally:
                Path(unfinished).unlink(missing_ok=True)
        return HTTPStatus.CREATED


class StudyHandler(BaseHTTPRequestHandler):
    """GET and HEAD of the files listed at the start, POST of a result; everything else is refused."""

    server: StudyServer
    timeout = PATIENCE_SECONDS
    server_version = "study"
    sys_version = ""

    def do_GET(self) -> None:
        """A file of the public folder."""
        self._send_page(with_body=True)

    def do_HEAD(self) -> None:
        """What GET would say, without the file."""
        self._send_page(with_body=False)

    def do_POST(self) -> None:
        """A finished result."""
        self.close_connection = True
        if not self._is_welcome():
            return
        if urlsplit(self.path).path != "/results":
            self._answer(HTTPStatus.NOT_FOUND)
            return
        if self.headers.get_content_type() != "application/json":
            # Another site's page cannot send this type without asking first, and is never allowed to.
            self._answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
            return
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            self._answer(HTTPStatus.LENGTH_REQUIRED)
            return
        if int(length[:12]) > LARGEST:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        if not self.server.places.acquire(blocking=False):
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        try:
            self._store(int(length))
        finally:
            self.server.places.release()

    def _store(self, length: int) -> None:
        try:
            data = self.rfile.read(length)
            status, text = self.server.store(data), ""
        except ResultError as error:
            status, text = HTTPStatus.UNPROCESSABLE_ENTITY, f"The result {error}\n"
        except TimeoutError:
            status, text = HTTPStatus.REQUEST_TIMEOUT, ""
        except OSError as error:
            self.log_error("a result could not be stored: %s", error)
            status, text = HTTPStatus.INSUFFICIENT_STORAGE, ""
        self._answer(status, text)

    def _is_welcome(self) -> bool:
        """On loopback, only requests that name this machine.

        A foreign name that leads here is an attack (DNS rebinding).
        """
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        if self.server.loopback and host not in LOOPBACK:
            self._answer(HTTPStatus.MISDIRECTED_REQUEST)
            return False
        return True

    def _send_page(self, *, with_body: bool) -> None:
        if not self._is_welcome():
            return
        name = unquote(urlsplit(self.path).path).removeprefix("/") or "index.html"
        path = self.server.pages.get(name)
        try:
            data = path.read_bytes() if path else None
        except OSError:
            data = None
        if path is None or data is None:
            self._answer(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.OK)
        self._send_headers(TYPES.get(path.suffix, "application/octet-stream"), len(data))
        if with_body:
            self.wfile.write(data)

    def _answer(self, status: HTTPStatus, text: str = "") -> None:
        data = (text or f"{status.phrase}\n").encode()
        self.send_response(status)
        self._send_headers("text/plain; charset=utf-8", len(data))
        if self.command != "HEAD":
            self.wfile.write(data)

    def _send_headers(self, kind: str, length: int) -> None:
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002
        """Only results are worth a line; who looks at which picture is nobody's business."""
        if self.command == "POST":
            self.log_message("result: %s", getattr(code, "value", code))
