"""A check that cannot be carried out says so; the others go on."""

from collections.abc import Iterable, Iterator

from sqlalchemy.exc import DBAPIError

from anchoring import Finding
from service.audit.differ import NOBODY


def guarded(name: str, check: Iterable[Finding]) -> Iterator[Finding]:
    """Its findings; and one more if it stumbles over what is stored (a value of no type that it could have).

    What the database itself refuses ends the audit: nothing can be asked in that transaction any more.
    """
    try:
        yield from check
    except DBAPIError:
        raise
    except Exception as error:
        seen = f"{type(error).__name__}: {error}"[:300]
        yield Finding(f"{name}: could be looked at to its end", "", "", "", "values of their types", seen, None, NOBODY)
