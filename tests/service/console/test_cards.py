"""Tables for narrow screens: each cell says of which column it is, and nothing else of the page changes."""

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from service.console.cards import labelled
from tests.service.console.cards import columns

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
TABLES = st.integers(1, 5).flatmap(lambda wide: st.tuples(
    st.lists(CELLS, min_size=wide, max_size=wide), st.lists(st.lists(CELLS, min_size=wide, max_size=wide), max_size=4)))


def table(titles: list[str], rows: list[list[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    body = "".join("<tr>" + "".join(f'<td class="x">{escape(cell)}</td>' for cell in row) + "</tr>" for row in rows)
    return f"<p>before</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>after</p>"


@given(TABLES)
def test_each_cell_carries_the_title_of_its_column_whatever_it_holds(given: tuple[list[str], list[list[str]]]) -> None:
    titles, rows = given
    page = table(titles, rows)
    made = labelled(page)
    assert columns(made) == [[str(escape(title)).strip() for title in titles]] * len(rows)
    assert made.count("<td") == page.count("<td") and made.startswith("<p>before</p>") and made.endswith("<p>after</p>")
    for row in rows:
        for cell in row:
            assert (f"><div>{escape(cell)}</div></td>" if cell.strip() else "></td>") in made


def test_a_table_without_a_head_stays_as_it_is() -> None:
    page = '<table class="bars"><tbody><tr><th scope="row">a</th><td>1</td></tr></tbody></table>'
    assert labelled(page) == page
