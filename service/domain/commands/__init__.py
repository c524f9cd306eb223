"""What a party may ask of the warehouse: one dataclass for each type of movement.

The names are those of the JSON at the door, except `from_` (JSON `from`). Shapes are checked by the schemas there
(text lengths, patterns, 1 to 100 lines); meaning is checked by `rules`. Locations are written `SITE/LOC`, codes of the
caller's own party. Quantities stay the decimal strings they were sent as until an item says how fine it counts.
"""

from service.domain.commands.arrivals import Receive, Register, TakeBack
from service.domain.commands.departures import Destroy, Return, Ship
from service.domain.commands.handoffs import Accept, Arrive, Offer, Refuse, Send, Settle, Withdraw
from service.domain.commands.inside import Count, Hold, Move, Pick, Release
from service.domain.commands.pallets import Pack, Relocate, Unpack
from service.domain.commands.parts import (
    AnswerLine,
    Command,
    CountLine,
    Document,
    ItemMatch,
    Line,
    NewLotLine,
    Output,
    Quality,
    Status,
)
from service.domain.commands.recalls import Lift, Recall
from service.domain.commands.transformations import Merge, Produce, Repack, Rework, Split, Transformation

COMMANDS: dict[str, type[Command]] = {
    command.type: command
    for command in (
        Register, Receive, TakeBack, Move, Pick, Hold, Release, Count, Split, Merge, Repack, Produce, Rework, Pack,
        Unpack, Relocate, Offer, Accept, Refuse, Withdraw, Send, Arrive, Settle, Ship, Return, Destroy, Recall, Lift,
    )
}  # fmt: skip

__all__ = [
    "COMMANDS", "Accept", "AnswerLine", "Arrive", "Command", "Count", "CountLine", "Destroy", "Document", "Hold",
    "ItemMatch", "Lift", "Line", "Merge", "Move", "NewLotLine", "Offer", "Output", "Pack", "Pick", "Produce", "Quality",
    "Recall", "Receive", "Refuse", "Register", "Release", "Relocate", "Repack", "Return", "Rework", "Send", "Settle",
    "Ship", "Split", "Status", "TakeBack", "Transformation", "Unpack", "Withdraw",
]  # fmt: skip
