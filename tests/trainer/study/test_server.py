"""The server hands out the public folder, takes this study's results, and refuses everything else."""

import http.client
import json
from pathlib import Path

import pytest

from tests.trainer.study.conftest import MadeStudy, fooled, knowing
from trainer import cli
from trainer.errors import UserError
from trainer.study.results import LARGEST
from trainer.study.server import StudyServer

JSON = {"Content-Type": "application/json"}


def ask(
    server: StudyServer, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=20)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    found = (answer.status, answer.read(), answer.headers)
    connection.close()
    return found


def stored(server: StudyServer) -> list[str]:
    return sorted(path.name for path in server.results.iterdir())


def test_the_page_and_its_pictures_are_handed_out(server: StudyServer, single: MadeStudy) -> None:
    status, body, headers = ask(server, "GET", "/")
    assert status == 200
    assert body == (single.folder / "public" / "index.html").read_bytes()
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    name = single.public["pictures"][0]
    status, body, headers = ask(server, "GET", f"/pictures/{name}.png")
    assert (status, headers["Content-Type"]) == (200, "image/png")
    assert body == (single.folder / "public" / "pictures" / f"{name}.png").read_bytes()
    status, body, headers = ask(server, "HEAD", "/index.html")
    assert (status, body) == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/key.json",
        "/../key.json",
        "/%2e%2e/key.json",
        "/pictures/../../key.json",
        "//etc/passwd",
        "/pictures/",
        "/results",
    ],
)
def test_nothing_else_is(server: StudyServer, path: str) -> None:
    assert ask(server, "GET", path)[0] == 404


def test_a_result_is_stored_whole_and_scored(server: StudyServer, single: MadeStudy) -> None:
    body = json.dumps(single.answers(knowing)).encode()
    assert ask(server, "POST", "/results", body, JSON)[0] == 201
    assert stored(server) == [f"{1:032x}.json"]
    assert (server.results / stored(server)[0]).read_bytes() == body


def test_the_same_result_again_is_fine_but_another_by_the_same_person_is_not(
    server: StudyServer, single: MadeStudy
) -> None:
    body = json.dumps(single.answers(knowing)).encode()
    changed = json.dumps(single.answers(fooled)).encode()
    assert [ask(server, "POST", "/results", sent, JSON)[0] for sent in (body, body, changed)] == [201, 201, 409]
    assert (server.results / stored(server)[0]).read_bytes() == body


@pytest.mark.parametrize(
    ("body", "headers", "path", "status"),
    [
        (b"{", JSON, "/results", 422),
        (b"{}", JSON, "/results", 422),
        (b"{}", {"Content-Type": "text/plain"}, "/results", 415),
        (b"{}", JSON, "/elsewhere", 404),
        (b"", {**JSON, "Content-Length": "-5"}, "/results", 411),
        (b"", {**JSON, "Content-Length": str(LARGEST + 1)}, "/results", 413),
        (b"", {**JSON, "Content-Length": "9" * 400}, "/results", 413),
        (b"{}", {**JSON, "Host": "evil.example"}, "/results", 421),
    ],
)
def test_what_is_no_result_is_refused_and_leaves_nothing(
    server: StudyServer, body: bytes, headers: dict[str, str], path: str, status: int
) -> None:
    assert ask(server, "POST", path, body, headers)[0] == status
    assert stored(server) == []


def test_a_foreign_name_that_leads_here_gets_nothing(server: StudyServer) -> None:
    assert ask(server, "GET", "/", headers={"Host": "evil.example"})[0] == 421


def test_methods_that_nobody_needs_are_not_there(server: StudyServer) -> None:
    assert [ask(server, method, "/")[0] for method in ("PUT", "DELETE", "OPTIONS")] == [501, 501, 501]


def test_a_port_that_is_taken_is_one_line(server: StudyServer, single: MadeStudy, tmp_path: Path) -> None:
    port = server.server_address[1]
    with pytest.raises(UserError, match=str(port)):
        StudyServer(single.folder, tmp_path, "127.0.0.1", int(port))


def test_serving_what_is_no_study_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["study", "serve", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "holds no key.json" in line
