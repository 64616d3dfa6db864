"""What the review's server answers to a program, friendly or not."""

import http.client
import json
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.review.conftest import Serve
from trainer.data.decisions import read_decisions
from trainer.errors import UserError
from trainer.review.server import LARGEST_BODY, ReviewServer
from trainer.review.session import Review

JSON = {"Content-Type": "application/json"}


def ask(
    server: ReviewServer, path: str, body: object = None, headers: dict[str, str] | None = None
) -> tuple[int, Any, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=20)
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request("GET" if data is None else "POST", path, data, headers or {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


def test_a_decision_is_in_the_file_when_it_is_answered(review: Review, serve: Serve) -> None:
    with serve(review) as server:
        told = {"who": "ana", "action": "age", "value": "20-29", "rows": [3, 4]}
        status, _, content = ask(server, "/decisions", told, JSON)
    assert status == 201
    assert [one["decision"]["age"] for one in json.loads(content)["decisions"]] == ["20-29", "20-29"]
    assert [decision.file for decision in read_decisions(review.ledger.path)[0]] == ["3.png", "4.png"]


@pytest.mark.parametrize(
    "told",
    [
        {"who": "ana", "action": "dorp", "rows": [1]},
        {"who": "ana", "action": "drop", "rows": []},
        {"who": "ana", "action": "drop", "rows": [1, 1]},
        {"who": "ana", "action": "drop", "rows": [-1]},
        {"who": "ana", "action": "drop", "rows": [192]},
        {"who": "ana", "action": "age", "value": "old", "rows": [1]},
        {"who": "", "action": "drop", "rows": [1]},
        {"who": "a\nb", "action": "drop", "rows": [1]},
        {"who": 3, "action": "undo"},
        {"action": "drop", "rows": [1]},
        [],
        b"{",
    ],
)
def test_nonsense_is_refused_and_leaves_no_line(review: Review, serve: Serve, told: object) -> None:
    with serve(review) as server:
        status, _, content = ask(server, "/decisions", told, JSON)
    assert status == 400
    assert json.loads(content)["problem"].startswith("no decision: ")
    assert read_decisions(review.ledger.path) == ([], 0)


def test_other_sites_and_other_names_decide_nothing(review: Review, serve: Serve) -> None:
    told = {"who": "eve", "action": "drop", "rows": [1]}
    with serve(review) as server:
        assert ask(server, "/decisions", told, {"Content-Type": "text/plain"})[0] == 415
        assert ask(server, "/decisions", told, JSON | {"Host": "evil.example"})[0] == 421
        assert ask(server, "/api/overview", headers={"Host": "evil.example:80"})[0] == 421
        assert ask(server, "/decisions", b" " * (LARGEST_BODY + 1), JSON)[0] == 413
    assert read_decisions(review.ledger.path) == ([], 0)


def test_pictures_come_as_they_are_and_only_those_there_are(review: Review, serve: Serve, tmp_path: Path) -> None:
    with serve(review) as server:
        status, headers, content = ask(server, f"/picture/{server.token}/5")
        assert (status, headers["Content-Type"], content[:4]) == (200, "image/png", b"\x89PNG")
        assert "immutable" in headers["Cache-Control"]
        assert ask(server, "/picture/other/5")[0] == 404
        assert ask(server, f"/picture/{server.token}/192")[0] == 400
        assert ask(server, f"/picture/{server.token}/x")[0] == 400
        assert ask(server, "/photograph/5")[0] == 404


def test_of_the_photographs_only_those_of_the_dataset_are_shown(review: Review, serve: Serve, tmp_path: Path) -> None:
    inside = tmp_path / "photographs"
    inside.mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    (inside / "0.png").write_bytes(b"picture")
    (inside / "1.png").symlink_to(tmp_path / "secret.png")
    (inside / "stray.png").write_bytes(b"stray")
    with serve(review, inside) as server:
        assert ask(server, "/photograph/0")[2] == b"picture"
        assert ask(server, "/photograph/1")[0] == 404
        assert ask(server, "/photograph/2")[0] == 404
        assert ask(server, "/photograph/stray.png")[0] == 400
        assert ask(server, "/photograph/../secret.png")[0] == 400
        assert ask(server, "/../pyproject.toml")[0] == 404


@pytest.mark.parametrize("query", ["kind=none", "sex=other", "age=x", "page=x"])
def test_a_filter_that_makes_no_sense_is_told(review: Review, serve: Serve, query: str) -> None:
    with serve(review) as server:
        assert ask(server, f"/api/page?{query}")[0] == 400


def test_pages_hold_every_suspect_once(review: Review, serve: Serve) -> None:
    seen: list[int] = []
    with serve(review) as server:
        for number in range(4):
            page = json.loads(ask(server, f"/api/page?kind=all&page={number}&length=50")[2])
            seen += [item["row"] for item in page["items"]]
            assert page["pages"] == 4
        beyond = json.loads(ask(server, "/api/page?kind=all&page=99&length=50")[2])
    assert seen == list(range(192))
    assert beyond["page"] == 3


def test_a_taken_port_is_told(review: Review, serve: Serve) -> None:
    with serve(review) as server, pytest.raises(UserError, match=r"cannot serve at 127\.0\.0\.1:"):
        ReviewServer(review, "127.0.0.1", server.server_address[1])
