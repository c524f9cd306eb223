"""Which difference between book and count nobody writes off alone."""

from service.domain.places import HOLD


def needs_approval(tolerance: int, status: str, booked: int, counted: int) -> bool:
    """Beyond `tolerance`, in thousandths of the book; of goods on hold, which leave by no path, whatever is missing."""
    off = counted - booked
    return abs(off) * 1000 > tolerance * booked or (status == HOLD and off < 0)
