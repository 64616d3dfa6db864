"""Which files a command fills, and where what comes of each goes."""

import glob
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import CrowdError

PLACEHOLDERS = ("{folder}", "{parent}", "{stem}")
"""What a path may name of each file: its folder, the name of that, and its own name without ending."""


@dataclass(frozen=True)
class Job:
    """A .blend to fill. out: the .blend to write. table, manifest, report: what else is written of it, None for not."""

    source: Path
    out: Path
    table: Path | None = None
    manifest: Path | None = None
    report: Path | None = None


def planned(
    files: Sequence[str],
    out: str,
    table: str | None = None,
    manifest: str | None = None,
    report: str | None = None,
    part: tuple[int, int] = (1, 1),
) -> list[Job]:
    """A job for each of the files, once however often it is given, in the order given.

    files: paths, or patterns with `*`, for shells that leave them as they are. out, table, manifest, report: paths in
    which PLACEHOLDERS stand for the file's own. part: (2, 8) takes the second of eight shares, which together are all.
    Raises CrowdError where two would be written to one place, or one over another that is still to be read.
    """
    sources = list(dict.fromkeys(Path(name).resolve() for given in files for name in _found(given)))
    jobs = [
        Job(source, _filled(out, source), *(_filled(one, source) if one else None for one in (table, manifest, report)))
        for source in sources
    ]
    ways: dict[str, Callable[[Job], Path | None]] = {
        "--out": lambda job: job.out,
        "--table": lambda job: job.table,
        "--manifest": lambda job: job.manifest,
        "--report-file": lambda job: job.report,
    }
    for option, place in ways.items():
        _check_apart(jobs, option, place)
    for job in jobs:
        if job.out != job.source and job.out in sources:
            raise CrowdError("is one of the files to fill, and would be written over", "choose another --out", job.out)
    return jobs[part[0] - 1 :: part[1]]


def _found(given: str) -> Iterable[str]:
    if Path(given).exists() or not glob.has_magic(given):
        return [given]
    found = sorted(glob.glob(given))  # noqa: PTH207  # a pattern may begin at the root
    if not found:
        raise CrowdError("no file is called so", "check the pattern", given)
    return found


def _filled(pattern: str, source: Path) -> Path:
    own = (str(source.parent), source.parent.name, source.stem)
    for placeholder, value in zip(PLACEHOLDERS, own, strict=True):
        pattern = pattern.replace(placeholder, value)
    return Path(pattern).resolve()


def _check_apart(jobs: Sequence[Job], option: str, place: Callable[[Job], Path | None]) -> None:
    taken: dict[Path, Path] = {}
    for job in jobs:
        target = place(job)
        if target is not None and taken.setdefault(target, job.source) != job.source:
            raise CrowdError(
                f"{taken[target]} and {job.source} would both be written to {target}",
                f"put {', '.join(PLACEHOLDERS[:-1])} or {PLACEHOLDERS[-1]} into {option}",
            )
