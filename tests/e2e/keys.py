"""Somebody without a mouse: Tab to what is wanted, Enter or typing there; the focus is seen at every step."""

from dataclasses import dataclass

from playwright.sync_api import Page

MOST = 120
_HERE = """() => {
    const at = document.activeElement, style = getComputedStyle(at);
    const words = (at.labels?.[0] ?? at).innerText ?? "";
    const seen = style.outlineStyle !== "none" && style.outlineWidth !== "0px";
    return [at.id, at.getAttribute("name") ?? "", words.trim(), seen];
}"""


@dataclass(frozen=True, slots=True)
class Keys:
    """`page` as it is reached by the keyboard alone."""

    page: Page

    def to(self, wanted: str) -> None:
        """Tab until what has the focus is called so: by its id, its name or the beginning of its words."""
        for _ in range(MOST):
            self.page.keyboard.press("Tab")
            id, name, words, seen = self.page.evaluate(_HERE)
            if wanted in (id, name) or words.startswith(wanted):
                assert seen, f"the focus on {wanted} is not seen"
                return
        raise AssertionError(f"expected {wanted} within {MOST} steps of Tab")

    def press(self, wanted: str) -> None:
        self.to(wanted)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def unfold(self, wanted: str) -> None:
        self.to(wanted)
        self.page.keyboard.press("Enter")

    def type(self, wanted: str, text: str) -> None:
        """Into a field; in a list of choices it picks the one that begins so."""
        self.to(wanted)
        self.page.keyboard.type(text)

    def go(self, letter: str) -> None:
        """The shortcut of a page: g and its letter."""
        with self.page.expect_navigation():
            self.page.keyboard.type(f"g{letter}")
