"""A small server for a study: hands out the public folder, takes results, knows nothing else."""

from http import HTTPStatus
from pathlib import Path
from socket import gethostname
from threading import BoundedSemaphore, Lock
from urllib.parse import unquote, urlsplit

from trainer.errors import UserError
from trainer.files import make_folder, write_bytes
from trainer.local_server import LocalHandler, LocalServer, policy
from trainer.study.design import PUBLIC, Key, read_key
from trainer.study.results import LARGEST, ResultError, parse_result

TYPES = {".html": "text/html; charset=utf-8", ".png": "image/png"}
MOST_RESULTS = 10_000
MOST_AT_ONCE = 32
PATIENCE_SECONDS = 20


class StudyServer(LocalServer):
    """Serves `folder`/public and stores results in `results`. Raises `UserError`: no study, or the port is taken."""

    def __init__(self, folder: Path, results: Path, host: str, port: int) -> None:
        self.key: Key = read_key(folder)
        public = folder / PUBLIC
        self.pages = {path.relative_to(public).as_posix(): path for path in public.rglob("*") if path.is_file()}
        if "index.html" not in self.pages:
            raise UserError(f"{public}: holds no index.html; make the study anew")
        self.results = results
        self.storing = Lock()
        self.places = BoundedSemaphore(MOST_AT_ONCE)
        make_folder(results)
        super().__init__(host, port, StudyHandler)

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        host, port = self.server_address[:2]
        return f"http://{gethostname() if host == '0.0.0.0' else host!s}:{port}/"

    def store(self, data: bytes) -> HTTPStatus:
        """Keep one result, whole or not at all. A person's first result stays; sending the same again is no fault.

        Raises `ResultError` where it is none of this study, `UserError` where it cannot be written.
        """
        result = parse_result(data, self.key)
        target = self.results / f"{result.person}.json"
        with self.storing:
            if target.exists():
                return HTTPStatus.CREATED if target.read_bytes() == data else HTTPStatus.CONFLICT
            if sum(1 for _ in self.results.glob("*.json")) >= MOST_RESULTS:
                return HTTPStatus.INSUFFICIENT_STORAGE
            write_bytes(target, data)
        return HTTPStatus.CREATED


class StudyHandler(LocalHandler):
    """GET and HEAD of the files listed at the start, POST of a result; everything else is refused."""

    server: StudyServer
    timeout = PATIENCE_SECONDS
    policy = policy("'unsafe-inline'")
    largest_body = LARGEST

    def do_GET(self) -> None:
        """A file of the public folder."""
        if not self.is_welcome():
            return
        name = unquote(urlsplit(self.path).path).removeprefix("/") or "index.html"
        path = self.server.pages.get(name)
        try:
            data = path.read_bytes() if path else None
        except OSError:
            data = None
        if path is None or data is None:
            self.refuse(HTTPStatus.NOT_FOUND)
            return
        self.send(data, TYPES.get(path.suffix, "application/octet-stream"))

    def do_HEAD(self) -> None:
        """What GET would say, without the file."""
        self.do_GET()

    def do_POST(self) -> None:
        """A finished result."""
        self.close_connection = True
        if not self.is_welcome():
            return
        if urlsplit(self.path).path != "/results":
            self.refuse(HTTPStatus.NOT_FOUND)
            return
        length = self.posted_length()
        if length is None:
            return
        if not self.server.places.acquire(blocking=False):
            self.refuse(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        try:
            self._store(length)
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
        except (OSError, UserError) as error:
            self.log_error("a result could not be stored: %s", error)
            status, text = HTTPStatus.INSUFFICIENT_STORAGE, ""
        self.refuse(status, text)

    def refuse(self, status: HTTPStatus, problem: str = "") -> None:
        """Answer in words: people read them on the page."""
        self.send((problem or f"{status.phrase}\n").encode(), "text/plain; charset=utf-8", status)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002
        """Only results are worth a line; who looks at which picture is nobody's business."""
        if self.command == "POST":
            self.log_message("result: %s", getattr(code, "value", code))
