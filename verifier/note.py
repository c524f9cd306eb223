"""Signed notes: a text and signatures under it (C2SP signed-note, golang.org/x/mod/sumdb/note).

    <text, ends with a line feed>
    <empty line>
    — <name> <base64 of key id(4) || signature>

Reading a note proves nothing: `Note` holds signatures as they were sent, nobody checked them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from verifier.encoding import b64, unb64
from verifier.errors import Refuted

ED25519 = 0x01
COSIGNATURE = 0x04
MAX_SIGNATURES = 16
MAX_NOTE = 16 * 1024

_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,255}")
_DASH = "\u2014 "


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One line under a note: who, by which key, and the signature's bytes."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text (with its last line feed) and the signatures under it, unchecked."""

    body: str
    signatures: tuple[NoteSignature, ...]


def key_id(name: str, sig_type: int, public: bytes) -> bytes:
    """The four bytes that name a key in a signature line."""
    return sha256(name.encode("utf-8") + b"\n" + bytes([sig_type]) + public).digest()[:4]


def format_note(body: str, signatures: Iterable[tuple[str, bytes, bytes]]) -> str:
    """The note of `body` and of (name, key id, signature) lines."""
    lines = [f"{_DASH}{name} {b64(key + signature)}\n" for name, key, signature in signatures]
    return body + "\n" + "".join(lines)


def parse_note(text: str) -> Note:
    """The note in `text`, 1-16 signatures, at most 16 KiB; raises Refuted for any other spelling."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_NOTE:
        raise Refuted("note", f"at most {MAX_NOTE} bytes", len(text))
    if any((character < " " and character != "\n") or character == "\x7f" for character in text):
        raise Refuted("note", "no control characters", "one of them")
    body, blank, under = text.rpartition("\n\n")
    if not blank or not body or not under.endswith("\n"):
        raise Refuted("note", "a text, an empty line and signatures", ascii(text[-80:]))
    lines = under[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Refuted("note signatures", f"at most {MAX_SIGNATURES}", len(lines))
    # Each part is canonical, so formatting the note again gives `text`.
    return Note(body + "\n", tuple(_signature(line) for line in lines))


def _signature(line: str) -> NoteSignature:
    name, space, spelled = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not _NAME.fullmatch(name):
        raise Refuted("signature line", f"{_DASH}<name> <base64>", ascii(line[:80]))
    raw = unb64(spelled)
    if len(raw) < 5:
        raise Refuted("signature line", "a key id and a signature", f"{len(raw)} bytes")
    return NoteSignature(name, raw[:4], raw[4:])
