#!/usr/bin/env python3
"""Prints a benchmark's medians and ratios as a table: summary.py build/bench/NAME.json

A ratio is taken within a round, where both ran under the same conditions, and the median of these
is shown. Rivals are all that did the same as `ours`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
"""One run, as `frame.Row` writes it."""
Key: TypeAlias = tuple[str, str]
"""A contestant: what was done, and by whom."""


def main(path: Path) -> None:
    """Print what a file holds."""
    document = json.loads(path.read_text())
    machine, rows = document["machine"], document["rows"]
    print(
        f"{path.stem}: {machine['cores']} cores of {machine['cpu']}, "
        f"load {machine['load'][0]} at the start"
    )
    print(", ".join(f"{name} {version}" for name, version in document["versions"].items()))
    print()
    print(table(rows))


def table(rows: Sequence[Row]) -> str:
    """A line a contestant: medians over the rounds, and the speed as a multiple of each rival's."""
    contestants: dict[Key, list[Row]] = {}
    for row in rows:
        contestants.setdefault((row["case"], row["who"]), []).append(row)
    rivals = _rivals(contestants)
    head = [
        "case",
        "who",
        "n",
        "rounds",
        "per_s",
        "min",
        "max",
        "cpu_ms",
        "rss_mb",
        "pss_mb",
        "ok",
        "failed",
    ]
    counted = any("bytes" in row and row["bytes"] is not None for row in rows)
    head += ["mb_transferred"] if counted else []
    lines = [[*head, *(f"x {who}" for _, who in rivals)]]
    for (case, who), runs in contestants.items():
        ratios = [
            _ratio(runs, contestants[rival]) if _is_ours(who) and _alike(case, rival[0]) else ""
            for rival in rivals
        ]
        transferred = [_transferred(runs)] if counted else []
        lines.append([case, who, *_medians(runs), *transferred, *ratios])
    return _aligned(lines)


def _is_ours(who: str) -> bool:
    return who.partition(":")[0] == "ours"


def _alike(case: str, other: str) -> bool:
    """Whether a case is the other one, or a kind of it, such as backup_unchanged of backup."""
    return f"{case}_".startswith(f"{other}_")


def _rivals(contestants: Iterable[Key]) -> list[Key]:
    ours = {case for case, who in contestants if _is_ours(who)}
    return [(case, who) for case, who in contestants if case in ours and not _is_ours(who)]


def _medians(runs: Sequence[Row]) -> list[str]:
    def middle(key: str) -> float:
        return float(median(row[key] for row in runs))

    speeds = [row["per_s"] for row in runs]
    return [
        str(runs[0]["n"]),
        str(len(runs)),
        *(_number(speed) for speed in (median(speeds), min(speeds), max(speeds))),
        *(_number(middle(key)) for key in ("cpu_ms_per_item", "peak_rss_mb", "peak_pss_mb")),
        *(str(sum(row[key] for row in runs)) for key in ("ok", "failed")),
    ]


def _transferred(runs: Sequence[Row]) -> str:
    found = [row["bytes"] for row in runs if row.get("bytes") is not None]
    return _number(median(found) / 1_000_000) if found else ""


def _ratio(ours: Sequence[Row], theirs: Sequence[Row]) -> str:
    speeds = {row["round"]: row["per_s"] for row in theirs}
    ratios = [row["per_s"] / speeds[row["round"]] for row in ours if row["round"] in speeds]
    return f"{median(ratios):.2f}" if ratios else ""


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; words to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    to_side: list[Callable[[str, int], str]] = [str.ljust, str.ljust]
    to_side += [str.rjust] * (len(widths) - 2)
    return "\n".join(
        "  ".join(
            side(cell, width) for side, cell, width in zip(to_side, line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
