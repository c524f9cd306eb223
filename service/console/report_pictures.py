"""What a report shows at a glance: lots by their state or age, or of one item or lot its way.

Of the rows on the page, which a caption says. Lots are counted, for quantities of different items do not add up; where
all rows are of one unit of one item, quantities are drawn.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.console import charts
from service.console.charts import Columns
from service.domain.goods import GOODS_STATUSES
from service.reports.ages import AGES, WARNINGS, age_class

Rows = Sequence[Mapping[str, Any]]
HELD = (7, 14, 30)
MOST_STEPS = 60


@dataclass(frozen=True, slots=True)
class Picture:
    """`title` and labels that begin with a point are words of the console; `rows` are the twin of the drawing."""

    title: str
    drawing: Columns | None
    rows: list[tuple[str, float]]


def picture(name: str, rows: Rows, t: Callable[..., str]) -> Picture | None:
    """None where there is nothing to draw, or no one thing."""
    made = _DRAWN[name](rows, t) if rows and name in _DRAWN else None
    return made if made is not None and made.drawing is not None else None


def _counted(title: str, labels: Mapping[str, str], seen: Counter[str]) -> Picture:
    told = [(label, seen[key]) for key, label in labels.items()]
    drawing = charts.columns([label for label, _ in told], [[count for _, count in told]])
    return Picture(title, drawing, [*told])


def _lots(rows: Rows, of: Callable[[Mapping[str, Any]], str]) -> Counter[str]:
    return Counter({row["uri"]: of(row) for row in rows}.values())


def _stock(rows: Rows, t: Callable[..., str]) -> Picture:
    labels = {state: t(f"goods.{state}") for state in reversed(GOODS_STATUSES)}
    return _counted("picture.stock", labels, Counter(row["goods_status"] for row in rows))


def _ageing(rows: Rows, t: Callable[..., str]) -> Picture:
    labels = {age_class(days): age_class(days).rstrip("-") for days in (0, *(each + 1 for each in AGES))}
    return _counted("picture.ageing", labels, _lots(rows, lambda row: row["class"]))


def _expiry(rows: Rows, t: Callable[..., str]) -> Picture:
    labels = {"expired": t("dash.expired")} | {str(days): f"≤ {days}" for days in WARNINGS[1:]}
    labels[f"{WARNINGS[-1]}+"] = f"> {WARNINGS[-1]}"
    return _counted("picture.expiry", labels, _lots(rows, lambda row: row["class"]))


def _quarantine(rows: Rows, t: Callable[..., str]) -> Picture:
    edges = (0, *HELD)
    labels = {str(most): f"{least + 1 if least else 0}–{most}" for least, most in zip(edges, HELD, strict=False)}
    labels["more"] = f"> {HELD[-1]}"
    held = _lots(rows, lambda row: next((str(most) for most in HELD if row["days"] <= most), "more"))
    return _counted("picture.quarantine", labels, held)


def _turnover(rows: Rows, t: Callable[..., str]) -> Picture | None:
    """Of one item."""
    if len({row["item"] for row in rows}) != 1:
        return None
    told = [(t(f"picture.{name}"), sum(float(row[name]) for row in rows))
            for name in ("opening", "came", "went", "closing")]  # fmt: skip
    return Picture("picture.turnover", _of_quantities([label for label, _ in told], told), told)


def _history(rows: Rows, t: Callable[..., str]) -> Picture | None:
    """What lay here after each movement."""
    if not 1 < len(rows) <= MOST_STEPS:
        return None
    told = [(str(at), float(row["here"])) for at, row in enumerate(rows, 1)]
    few = max(1, len(told) // 10)
    return Picture("picture.history", _of_quantities([label if at % few == 0 else "" for at, (label, _) in
                                                      enumerate(told)], told), told)


def _of_quantities(labels: Sequence[str], told: Sequence[tuple[str, float]]) -> Columns | None:
    return charts.columns(labels, [[value for _, value in told]])


_DRAWN: Mapping[str, Callable[[Rows, Callable[..., str]], Picture | None]] = {
    "stock": _stock, "ageing": _ageing, "expiry": _expiry, "quarantine": _quarantine, "turnover": _turnover,
    "history": _history,
}  # fmt: skip
