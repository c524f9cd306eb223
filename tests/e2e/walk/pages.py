"""The pages of the console and the office, and how each is looked at: one list for the suite and for the campaign."""

from dataclasses import dataclass

URI = "https%3A%2F%2Fid.gs1.org%2F01%2F09506000210018%2F10%2FAC0142"

PAGES = (
    "", "scan", "receive", "lots", f"lot?uri={URI}", "quality", "expiry", "handoffs", "recalls", "people", "trail",
    "ledger", "sensors", "orders", "orders/new", "orders/new?kind=production", f"labels?uri={URI}", "labels/places",
    "labels?place=HZ/DOCK", f"lot/work?uri={URI}", "counts", "counts/new", "numbers", "imports", "figures", "reports",
    "reports/stock", "reports/turnover", "reports/ageing", "reports/expiry", "reports/quarantine",
    f"reports/history?lot={URI}", "reports/integrity", "parties", "keys", "access",
)  # fmt: skip
SETTLED = ("orders/new", "counts/new", "numbers", "reports")
"""Pages that look the same whatever else was done in the world of the demo."""

SCRIPTED = ("scan", "receive")
"""Pages of the floor, whose boxes a script goes on making: they are not compared between languages."""

LANGUAGES, WIDTHS = ("en", "zh"), (320, 768, 1280)


@dataclass(frozen=True, slots=True)
class Look:
    width: int
    lang: str
    scheme: str = "light"

    def __str__(self) -> str:
        return f"{self.width} px, {self.lang}, {self.scheme}"


def address(root: str, path: str, lang: str) -> str:
    return f"{root}/console/{path}{'&' if '?' in path else '?'}lang={lang}"


def name_of(path: str) -> str:
    """A page's name in a folder of pictures."""
    where, _, asked = path.partition("?")
    kind = asked.partition("=")[2] if asked.startswith("kind=") else asked.partition("=")[0]
    return "-".join(part for part in (where.replace("/", "-") or "overview", kind) if part)
