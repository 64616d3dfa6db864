"""The review's small server: one page, pictures one by one, decisions."""

import secrets
from collections.abc import Callable
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from trainer.data.decisions import ACTIONS, UNDO
from trainer.files import parsed_json
from trainer.local_server import LocalHandler, LocalServer
from trainer.review.session import LARGEST_PAGE, Filter, Review

TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript"}
PAGE_FILES = ("index.html", "review.css", "review.js")
PHOTOGRAPH_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
LARGEST_BODY = 64 * 1024


class ReviewServer(LocalServer):
    """Serves `review`; `photographs` is the folder of the originals, where they are at hand.

    Raises `UserError` where the port is taken.
    """

    def __init__(self, review: Review, host: str, port: int, photographs: Path | None = None) -> None:
        self.review = review
        self.photographs = None if photographs is None else photographs.resolve()
        self.token = secrets.token_hex(4)
        """In the pictures' addresses: a browser may keep them, but not take them for those of another review."""
        folder = files("trainer.review") / "page"
        self.pages = {name: (folder / name).read_bytes() for name in PAGE_FILES}
        super().__init__(host, port, ReviewHandler)


class ReviewHandler(LocalHandler):
    """GET of the page, of pictures and of facts as JSON; POST of decisions."""

    server: ReviewServer
    protocol_version = "HTTP/1.1"
    largest_body = LARGEST_BODY

    def do_GET(self) -> None:
        """The page, a picture, or facts."""
        if not self.is_welcome():
            return
        parts = urlsplit(self.path)
        name = unquote(parts.path).removeprefix("/") or "index.html"
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        room, _, rest = name.partition("/")
        if name in self.server.pages:
            self.send(self.server.pages[name], TYPES[Path(name).suffix])
            return
        rooms: dict[str, Callable[[str, dict[str, str]], None]] = {
            "api": self._send_facts,
            "picture": self._send_picture,
            "photograph": self._send_photograph,
        }
        try:
            rooms.get(room, self._not_found)(rest, query)
        except ValueError as error:
            self.refuse(HTTPStatus.BAD_REQUEST, str(error))

    def do_POST(self) -> None:
        """A decision, or that the last one be taken back."""
        self.close_connection = True
        length = self.posted_length() if self.is_welcome() else None
        if length is None:
            return
        try:
            told = parsed_json(self.rfile.read(length))
            rows = self._decide(told)
        except (ValueError, KeyError, TypeError) as error:
            self.refuse(HTTPStatus.BAD_REQUEST, f"no decision: {error}")
        except OSError as error:
            self.refuse(HTTPStatus.INSUFFICIENT_STORAGE, f"the decision is not on the disk: {error.strerror or error}")
        else:
            review = self.server.review
            self.send_json(
                {"decisions": [{"row": row, "decision": review.decision(row)} for row in rows]}, HTTPStatus.CREATED
            )

    def _decide(self, told: dict[str, Any]) -> list[int]:
        ledger = self.server.review.ledger
        who, action = told["who"], told["action"]
        if not isinstance(who, str) or action not in ACTIONS:
            raise ValueError(f"who {who!r}, action {action!r}")
        if action == UNDO:
            return ledger.undo(who)
        rows = [self._row(str(row)) for row in told["rows"]]
        if not 0 < len(rows) <= LARGEST_PAGE or len(set(rows)) < len(rows):
            raise ValueError(f"{len(rows)} pictures: give 1 to {LARGEST_PAGE}, each once")
        ledger.decide(who, rows, action, str(told.get("value", "")))
        return rows

    def _send_facts(self, name: str, query: dict[str, str]) -> None:
        review = self.server.review
        what, _, rest = name.partition("/")
        if what == "overview":
            self.send_json(
                review.overview() | {"token": self.server.token, "photographs": self.server.photographs is not None}
            )
        elif what == "page":
            number, length = int(query.get("page", "0")), int(query.get("length", "60"))
            self.send_json(review.page(_filter(query), number, length, query.get("who", "")))
        elif what == "next":
            place = review.next_open(_filter(query), int(query.get("after", "-1")), query.get("who", ""))
            self.send_json({"place": place})
        elif what == "details":
            self.send_json(review.details(self._row(rest)))
        elif what == "changes":
            self.send_json(review.changes(max(0, int(query.get("since", "0"))), _filter(query)))
        else:
            self._not_found(name, query)

    def _send_picture(self, name: str, query: dict[str, str]) -> None:
        token, _, row = name.partition("/")
        if token != self.server.token:
            self._not_found(name, query)
            return
        self.send(self.server.review.picture(self._row(row)), "image/png", cached=True)

    def _send_photograph(self, name: str, query: dict[str, str]) -> None:
        """The original of a picture: only a file that the dataset names, inside the folder that was given."""
        folder = self.server.photographs
        path = None if folder is None else (folder / self.server.review.dataset.files[self._row(name)]).resolve()
        if (
            folder is None
            or path is None
            or not path.is_relative_to(folder)
            or path.suffix.lower() not in PHOTOGRAPH_TYPES
        ):
            self._not_found(name, query)
            return
        try:
            data = path.read_bytes()
        except OSError:
            self._not_found(name, query)
            return
        self.send(data, PHOTOGRAPH_TYPES[path.suffix.lower()], cached=True)

    def _row(self, text: str) -> int:
        row = int(text)
        if not 0 <= row < len(self.server.review.dataset):
            raise ValueError(f"no picture {row}")
        return row

    def _not_found(self, name: str, query: dict[str, str]) -> None:  # noqa: ARG002
        self.refuse(HTTPStatus.NOT_FOUND, f"no {name[:80]!r}")


def _filter(query: dict[str, str]) -> Filter:
    sexes = {"": None, "female": -1, "male": 1}
    if query.get("sex", "") not in sexes:
        raise ValueError(f"no sex {query['sex']!r}")
    age = query.get("age", "")
    return Filter(query.get("kind", "label"), sexes[query.get("sex", "")], int(age) if age else None)
