"""What a measurement yields, and the table that docs/performance.md keeps."""

import re
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import msgspec

_PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_BEGIN, _END = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure beside the limit it is held against, both measured in the same run."""

    id: str
    work: str
    unit: str
    measured: float
    limit: float
    limit_is: str
    aim: float
    """The least share of the limit."""
    remarks: str = ""
    less_is_better: bool = False
    """Such as a time."""

    @property
    def share(self) -> float:
        return self.limit / self.measured if self.less_is_better else self.measured / self.limit


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How long many of one kind took, in milliseconds."""

    mean: float
    p50: float
    p99: float


def spread(times_seconds: Sequence[float]) -> Spread:
    """Of at least one."""
    ordered = sorted(seconds * 1000 for seconds in times_seconds)
    return Spread(mean=fmean(ordered), p50=ordered[len(ordered) // 2], p99=ordered[len(ordered) * 99 // 100])


def table(figures: Sequence[Figure]) -> str:
    """The figures as Markdown."""
    lines = [
        "| id | work | measured | limit in the same run | share | aim | remarks |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{figure.id}` | {figure.work} | {figure.measured:,.1f} {figure.unit} | {figure.limit:,.1f} {figure.unit}, "
        f"{figure.limit_is} | **{figure.share:.2f}** | ≥ {figure.aim} | {figure.remarks} |"
        for figure in figures
    ]
    return "\n".join(lines)


def keep(figures: Sequence[Figure], conditions: str) -> None:
    """Write the table into docs/performance.md, in place of the one that is there."""
    text = _PAGE.read_text()
    block = f"{_BEGIN}\n\n{conditions}\n\n{table(figures)}\n\n{_END}"
    _PAGE.write_text(re.sub(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", lambda _: block, text, flags=re.DOTALL))
