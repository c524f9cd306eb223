"""The valid files that are bent, each with the world that knows what is true of it.

`donors` are other true files, of which pieces are put into this one: another lot, an older checkpoint, a log that
forked off.
"""

from functools import cache

from .given import Given
from .lots import LOTS
from .promises import PROMISES

CORPUS = LOTS | PROMISES


@cache
def given(name: str) -> Given:
    """One file of the corpus, made once in each process."""
    made = CORPUS[name]()
    made.name = name
    return made
