"""One round of watching a log: what it shows now beside what was remembered, and beside the chain.

1. *Read.* The newest checkpoint is there, in form, and signed as the policy demands.
2. *It only grows.* Never smaller than the remembered one; of the same size, the same roots; larger, an
   extension of it: the consistency proof is built from the published tiles and checked (`verifier.merkle`).
3. *Anchored.* The contract's head, at a final block on all of the monitor's own nodes, is a root of this log.
4. *In time.* It grew within `max_quiet` seconds, and what was signed is anchored within `max_unanchored`.
5. *One's own* lots and keys (`verifier.monitor_own`), as far as a key for the API lets one see them.

A round ends with alarms, one a class, and with what is to be remembered: a checkpoint that did not pass is
not. Where two signed checkpoints contradict, the evidence is made (`verifier.fork`), judged by oneself as a
third person would, and only then handed on.

Not checked: that the map follows from the log and the rules of every lot (`lotproof-verify audit`); what
the log shows to others. The monitor knows no time but its own clock: a checkpoint carries none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verifier.alarms import Alarms
from verifier.chain import Node, View, agreed, said_by_all
from verifier.errors import Refuted, Unavailable
from verifier.fork import Differing, fork_of, verify_fork
from verifier.logtiles import LogTiles, folded, peaks_of
from verifier.merkle import verify_consistency
from verifier.monitor_state import Memory
from verifier.policy import Policy
from verifier.published import Log
from verifier.receipt import SignedCheckpoint, read_checkpoint
from verifier.report import ALL_YES
from verifier.signers import check_signers

Evidence = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds after which silence is an alarm."""

    max_quiet: int
    max_unanchored: int


@dataclass(frozen=True, slots=True)
class Now:
    """A checkpoint that passed, as text and parsed, and the tree that its tiles tell."""

    text: str
    signed: SignedCheckpoint
    tree: LogTiles


@dataclass(slots=True)
class Round:
    """One round; `keep` writes evidence down and says where."""

    log: Log
    policy: Policy
    nodes: Sequence[Node]
    limits: Limits
    now: int
    memory: Memory
    keep: Evidence
    alarms: Alarms

    def run(self) -> Now | None:
        """Look, raise alarms, remember; what the log shows, or None if it did not pass."""
        # The chain first: asked later, it might know a checkpoint that was signed after the one we read.
        view = self._chain()
        shown = self._read()
        if shown is not None and self._grows(shown):
            self._remember(shown)
            if view is not None:
                self._anchored(shown, view)
        else:
            shown = None
        self._in_time(view)
        return shown

    def _chain(self) -> View | None:
        try:
            return said_by_all(self.nodes, lambda asked: agreed(self.policy, asked, self.policy.finality, self.now))
        except Refuted as wrong:
            self.alarms.raise_("CHAIN", str(wrong))
        except Unavailable as away:
            self.alarms.raise_("CHAIN AWAY", str(away), away.what)
        return None

    def _read(self) -> Now | None:
        """1. Read."""
        try:
            text = self.log.checkpoint()
        except Unavailable as away:
            self.alarms.raise_("LOG AWAY", str(away), "checkpoint")
            return None
        try:
            signed = read_checkpoint(text)
        except Refuted as wrong:
            self.alarms.raise_("FORM", str(wrong))
            return None
        try:
            check_signers(signed.note, signed.checkpoint, self.policy)
        except Refuted as wrong:
            self.alarms.raise_("SIGNATURE", str(wrong))
            return None
        return Now(text, signed, LogTiles(self.log.tile, signed.checkpoint.size))

    def _grows(self, shown: Now) -> bool:
        """2. It only grows."""
        known, new = self.memory.signed, shown.signed.checkpoint
        try:
            if known is not None and new.size < known.checkpoint.size:
                self._smaller(shown, known.checkpoint.size)
                return False
            if known is not None and new.size == known.checkpoint.size:
                return self._same_size(shown, known)
            root = shown.tree.root(new.size)
            if root != new.log_root:
                raise _TilesLie(f"root of the tiles at size {new.size}", new.log_root, root)
            return known is None or self._extends(shown, known)
        except _TilesLie as wrong:
            self.alarms.raise_("TILES", str(wrong))
        except Unavailable as away:
            self.alarms.raise_("LOG AWAY", str(away), "tiles")
        return False

    def _same_size(self, shown: Now, known: SignedCheckpoint) -> bool:
        old, new = known.checkpoint, shown.signed.checkpoint
        if (old.log_root, old.map_root) == (new.log_root, new.map_root):
            return True
        made = self._evidence(shown, None)
        assert made is not None
        self.raise_fork(f"two checkpoints of size {new.size} with different roots", made)
        return False

    def _extends(self, shown: Now, known: SignedCheckpoint) -> bool:
        old, new = known.checkpoint, shown.signed.checkpoint
        path = shown.tree.consistency(old.size)
        try:
            verify_consistency(old.size, new.size, old.log_root, new.log_root, path)
        except Refuted as wrong:
            node = self._differing(shown)
            made = None if node is None else self._evidence(shown, node)
            if made is None:
                raise _TilesLie(
                    f"the tiles, by which size {new.size} does not extend size {old.size}: {wrong}"
                ) from None
            self.raise_fork(f"size {new.size} does not extend size {old.size}", made)
            return False
        return True

    def _smaller(self, shown: Now, known: int) -> None:
        size = shown.signed.checkpoint.size
        self.alarms.raise_("ROLLBACK", f"the log shows {size} entries, it showed {known}", f"below {known}")
        node = self._differing(shown)
        if node is not None and (made := self._evidence(shown, node)) is not None:
            self.raise_fork(f"size {known} does not extend size {size}", made)

    def _differing(self, shown: Now) -> Differing | None:
        """A complete subtree that the remembered checkpoint and this one both have, and have otherwise."""
        peaks = self.memory.peaks
        known = self.memory.signed
        assert known is not None
        for place, (level, number) in enumerate(peaks_of(known.checkpoint.size)):
            if (number + 1) << level > shown.tree.size:
                continue
            node = shown.tree.node(level, number)
            if node != peaks[place]:
                right = [folded(peaks[place + 1 :])] if place + 1 < len(peaks) else []
                old_path = (*right, *reversed(peaks[:place]))
                return Differing(level, number, (peaks[place], node), (old_path, tuple(shown.tree.path(level, number))))
        return None

    def _evidence(self, shown: Now, node: Differing | None) -> dict[str, Any] | None:
        """The evidence of the remembered checkpoint and this one, None if it would convince nobody."""
        assert self.memory.note is not None
        try:
            return fork_of([self.memory.note, shown.text], None, node)
        except Refuted:
            return None

    def raise_fork(self, why: str, made: Mapping[str, Any]) -> None:
        """The alarm of a fork, with evidence if it convinces."""
        if verify_fork(json.dumps(made).encode("ascii"), self.policy).exit_code == ALL_YES:
            self.alarms.raise_("FORK", why, why, self.keep(made))
        else:
            self.alarms.raise_("FORK", f"{why}; the evidence does not convince", why)

    def _remember(self, shown: Now) -> None:
        known, new = self.memory.signed, shown.signed.checkpoint
        if known is not None and known.checkpoint.size == new.size:
            return
        peaks = tuple(shown.tree.peaks(new.size))  # of tiles that are here already: their root was compared
        self.memory.note, self.memory.peaks, self.memory.grown = shown.text, peaks, self.now

    def _anchored(self, shown: Now, view: View) -> None:
        """3. Anchored."""
        size, root = view.state.size, view.state.log_root
        new = shown.signed.checkpoint
        if size < self.memory.anchored and view.state.epoch == 0:
            why = f"your nodes say {size} anchored entries, they said {self.memory.anchored}"
            self.alarms.raise_("CHAIN AWAY", why, "behind")
            return
        if size > new.size:
            self.alarms.raise_("ROLLBACK", f"the log shows {new.size} entries, {size} are anchored", f"below {size}")
            return
        try:
            if size:
                verify_consistency(size, new.size, root, new.log_root, shown.tree.consistency(size))
        except Refuted as wrong:
            self.alarms.raise_("ANCHOR", f"the anchored root at size {size} is none of this log: {wrong}", f"at {size}")
            return
        except Unavailable as away:
            self.alarms.raise_("LOG AWAY", str(away), "tiles")
            return
        self.memory.anchored = size
        if self.memory.due is None or self.memory.due[0] <= size:
            self.memory.due = (new.size, self.now) if new.size > size else None

    def _in_time(self, view: View | None) -> None:
        """4. In time; also where the log could not be read: silence is what is looked for."""
        memory = self.memory
        quiet = self.now - memory.grown
        if memory.note is not None and quiet > self.limits.max_quiet:
            text = f"no new entry for {quiet} s, {self.limits.max_quiet} s are allowed"
            self.alarms.raise_("QUIET", text, f"since {memory.grown}")
        if memory.due is None or view is None or view.state.size >= memory.due[0]:
            return
        late = self.now - memory.due[1]
        if late > self.limits.max_unanchored:
            text = f"size {memory.due[0]} is not anchored after {late} s, {self.limits.max_unanchored} s are allowed"
            self.alarms.raise_("UNANCHORED", text, f"size {memory.due[0]}")


class _TilesLie(Refuted):
    """The published hashes do not lead to the signed root."""
