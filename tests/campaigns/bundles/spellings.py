"""The same file in other words: most spellings are refused, a few are the same document. No spelling may change it.

tricks      JSON: members twice, odd numbers, lone surrogates, deep nesting, marks, tails, other encodings
base64      every base64 text in the spellings that lenient decoders take for the same bytes
"""

import gzip
import json
from collections.abc import Iterator
from typing import Any

from tests.verifier.test_lies import Path, bent, walk

from .bends import Case, Draw, places, put, statements, told
from .given import Given, written

_HERE = "the place of a raw value"
_MARK = json.dumps(_HERE).encode()
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def raw(file: Any, path: Path, text: bytes) -> bytes:
    """The file with `text` where the value of this path stands."""
    return written(put(file, path, _HERE)).replace(_MARK, text)


def tricks(given: Given, draw: Draw) -> Iterator[Case]:
    """JSON that parsers disagree about."""
    yield from draw.some(list(_whole(written(given.file))), 200)
    found: list[tuple[str, Path, bytes]] = []
    for path, value in places(given.file, draw, 300):
        found += [(name, path, text) for name, text in _odd_values(value)]
        if path and isinstance(path[-1], str):
            found += [(name, path, text) for name, text in _odd_members(str(path[-1]), value)]
    for name, path, text in draw.some(found, 700):
        yield f"{told(path)}: {name}", raw(given.file, path, text)
    yield from draw.some(list(_names(given, draw)), 100)
    yield from draw.some(list(_blanks(written(given.file), draw)), 150)


def _odd_values(value: Any) -> Iterator[tuple[str, bytes]]:
    if isinstance(value, int):
        for text in (
            *(f"{value}.0", f"{value}e0", f"{value}E+0", f"0{value}", f"+{value}", f"-{value}", f"0x{value:x}"),
            *(str(value + 2**53), str(value + 2**63), str(value + 2**64), f"{value}" + "0" * 5000, f"{value}e400"),
            *(
                "NaN",
                "Infinity",
                "-Infinity",
                "-0",
                f"{value}.",
                f".{value}",
                f"{value}_0",
                f"{value}\x00",
                f"{value}n",
            ),
            *(f"0.{value}e{len(str(value))}", f" \t\r\n{value} ", f"{value}.{'0' * 400}", f"{value}l", f'"{value}"'),
        ):
            yield f"spelled {text[:24]!r}", text.encode()
    if isinstance(value, str):
        yield from _odd_texts(value)
    spelled = json.dumps(value).encode()
    for name, opening, closing in (("lists", b"[", b"]"), ("objects", b'{"a":', b"}")):
        for depth in (15, 17, 990, 100_000):
            yield f"in {depth} {name}", opening * depth + spelled + closing * depth
    yield from (("and a comma", spelled + b","), ("after a comma", b"," + spelled), ("commented", spelled + b"/**/"))
    yield from (("True", b"True"), ("undefined", b"undefined"), ("a stream", spelled + b" " + spelled), ("none", b""))


def _odd_texts(value: str) -> Iterator[tuple[str, bytes]]:
    spelled = json.dumps(value)[1:-1]
    yield "all escaped", b'"' + "".join(f"\\u{unit:04x}" for unit in _units(value)).encode() + b'"'
    yield "slashes escaped", ('"' + spelled.replace("/", "\\/") + '"').encode()
    for name, more in (
        *(("a lone high surrogate", "\\ud800"), ("a lone low surrogate", "\\udc00"), ("NUL escaped", "\\u0000")),
        *(("surrogates the wrong way round", "\\udc00\\ud800"), ("a bare line feed", "\n"), ("a bare tab", "\t")),
        *(("a bad escape", "\\x41"), ("a half escape", "\\u00"), ("a bare NUL", "\0"), ("an octal escape", "\\101")),
        *(("a line separator", "\u2028"), ("a joiner", "\u200d"), ("a soft hyphen", "\u00ad"), ("a mark", "\ufeff")),
    ):
        yield f"{name} at the end", f'"{spelled}{more}"'.encode()
        yield f"{name} at the start", f'"{more}{spelled}"'.encode()
    for name, more in (("overlong /", b"\xc0\xaf"), ("a coded surrogate", b"\xed\xa0\x80"), ("no UTF-8", b"\xff")):
        yield name, b'"' + spelled.encode() + more + b'"'
    yield "single quotes", f"'{spelled}'".encode()
    yield "no quotes", spelled.encode()


def _units(text: str) -> list[int]:
    """UTF-16 code units."""
    coded = text.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(coded[place : place + 2], "big") for place in range(0, len(coded), 2)]


def _odd_members(name: str, value: Any) -> Iterator[tuple[str, bytes]]:
    """A second member after the one of this name; what stands first and what last may win."""
    spelled, key = json.dumps(value), json.dumps(name)
    escaped = '"' + "".join(f"\\u{unit:04x}" for unit in _units(name)) + '"'
    lies = ["null", spelled, *(json.dumps(lie) for _, lie in list(bent(value) if value != "" else ())[:2])]
    for lie in lies:
        yield f"twice, then {lie[:24]}", f"{spelled}, {key}: {lie}".encode()
        yield f"twice, first {lie[:24]}", f"{lie}, {key}: {spelled}".encode()
        yield f"twice, escaped, then {lie[:24]}", f"{spelled}, {escaped}: {lie}".encode()
    for odd in ('"a\\u0000"', '""', '"__proto__"', "null", "a", "'a'", '"\\ud800"', f'"{name} "', f'"{name}\\u200b"'):
        yield f"beside {odd}", f"{spelled}, {odd}: 1".encode()


def _whole(data: bytes) -> Iterator[Case]:
    text = data.decode("ascii")
    yield from (
        ("a byte order mark", b"\xef\xbb\xbf" + data),
        ("two documents", data + data),
        ("lines", data + b"\n" + data),
    )
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-7", "cp037"):
        yield f"in {encoding}", text.encode(encoding)
    for tail in (
        b"\0",
        b"x",
        b"{}",
        b"[]",
        b",",
        b"}",
        b"null",
        b"//",
        b"/* */",
        b"#",
        b"\x1a",
        b"\xff",
        b"\xc2\xa0",
        b"\x0b",
    ):
        yield f"before {tail!r}", data + tail
        yield f"after {tail!r}", tail + data
    yield from (
        ("in a list", b"[" + data + b"]"),
        ("in an object", b'{"a":' + data + b"}"),
        ("in a text", json.dumps(text).encode()),
    )
    yield from (("packed", gzip.compress(data, mtime=0)), ("blanks around", b" \t\r\n" + data + b"\n" * 100))
    for indent in (0, 1, 7):
        yield f"indented by {indent}", json.dumps(json.loads(text), indent=indent).encode()
    yield "sorted", json.dumps(json.loads(text), sort_keys=True).encode()
    yield "unescaped", json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "surrogatepass")


def _names(given: Given, draw: Draw) -> Iterator[Case]:
    """The names of members, escaped (the same name) or nearly the same."""
    data = written(given.file)
    names = sorted({str(path[-1]) for path, _ in walk(given.file) if path and isinstance(path[-1], str)})
    for name in draw.some(names, 40):
        spelled = json.dumps(name).encode()
        wide = "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in name)
        for how, other in (
            ("escaped", b'"' + "".join(f"\\u{unit:04x}" for unit in _units(name)).encode() + b'"'),
            *(("wide", json.dumps(wide).encode()), ("in Cyrillic", spelled.replace(b"e", "е".encode()))),
            *(
                ("with a blank", spelled[:-1] + b' "'),
                ("without quotes", name.encode()),
                ("in upper case", spelled.upper()),
            ),
        ):
            if other != spelled:
                yield f"name {name} {how}", data.replace(spelled + b":", other + b":")


def _blanks(data: bytes, draw: Draw) -> Iterator[Case]:
    """White space, and what some parsers take for it, beside commas and colons."""
    commas = [place for place, byte in enumerate(data) if byte in b",:[]{}"]
    for place in draw.some(commas, 100):
        for blank in (" ", "\n\t", "\x0b", "\x0c", "\u00a0", "\u2003", "\ufeff", "\0", "//\n", ","):
            yield f"{blank!r} before byte {place}", data[:place] + blank.encode() + data[place:]


def base64_spellings(given: Given, draw: Draw) -> Iterator[Case]:
    """Other spellings of base64 and base64url texts and of URIs."""
    found: list[tuple[str, Path, str]] = []
    for path, value in places(given.file, draw, 600):
        if isinstance(value, str) and "~" not in value and "\n" not in value:
            found += [(name, path, lie) for name, lie in (_uris(value) if "://" in value else _base64(value, "="))]
        if isinstance(value, str) and "\n" in value:
            found += [(name, path, lie) for name, lie in _notes(value)]
    for path, statement in draw.some(statements(given.file), 10):
        found += [(name, path, lie) for name, lie in draw.some(list(_tokens(statement)), 200)]
    for name, path, lie in draw.some(found, 600):
        yield f"{told(path)}: {name}", written(put(given.file, path, lie))
    yield from draw.some(list(_party_names(given)), 60)


def _base64(text: str, padding: str) -> Iterator[tuple[str, str]]:
    bare = text.rstrip("=")
    swapped = bare.translate(str.maketrans("+/-_", "-_+/"))
    yield from ((f"padding {pad!r}", bare + pad) for pad in ("", "=", "==", "===", "=A", "A=") if bare + pad != text)
    yield from (
        (f"{blank!r} inside", bare[:5] + blank + bare[5:] + padding)
        for blank in (" ", "\n", "\r\n", "\t", "\0", "=", "%")
    )
    if swapped != bare:
        yield "the other alphabet", swapped + text[len(bare) :]
    place = _ALPHABET.find(bare[-1:].translate(str.maketrans("-_", "+/"))) if bare else -1
    if place >= 0 and len(bare) % 4 in (2, 3):
        for more in range(1, 4 if len(bare) % 4 == 3 else 16):
            letter = _ALPHABET[place ^ more]
            yield f"unused bits {more}", bare[:-1] + letter + text[len(bare) :]
    yield from (
        ("in other letters", bare.translate({ord("A"): "\u0391"}) + text[len(bare) :]),
        ("blank after", text + " "),
    )
    yield "line feed after", text + "\n"


def _tokens(statement: str) -> Iterator[tuple[str, str]]:
    """Each part of an SD-JWT spelled otherwise; and the SD-JWT as a whole."""
    parts = statement.replace("~", ".").split(".")[:-1]
    for number, part in enumerate(parts):
        for name, lie in _base64(part, ""):
            yield f"part {number}: {name}", statement.replace(part, lie, 1)
    jwt = statement.partition("~")[0]
    yield from (
        ("no tilde at the end", statement[:-1]),
        ("two tildes at the end", statement + "~"),
        ("the JWT alone", jwt),
    )
    yield from (("a key binding", statement + jwt), ("a dot more", statement.replace(".", "..", 1)), ("empty", "~"))
    yield from (("a fourth part", jwt + "." + statement[len(jwt) :]), ("unsigned", jwt.rpartition(".")[0] + ".~"))


def _uris(uri: str) -> Iterator[tuple[str, str]]:
    host = uri.split("/")[2]
    for name, other in (
        *(("upper-case host", host.upper()), ("a port", f"{host}:443"), ("a dot", f"{host}."), ("a user", f"a@{host}")),
        *(("IDNA", f"xn--{host}"), ("no host", ""), ("wide dot", host.replace(".", "\uff0e"))),
    ):
        yield name, uri.replace(host, other, 1)
    for name, lie in (
        *(
            ("a slash", uri + "/"),
            ("a query", uri + "?a=1"),
            ("a fragment", uri + "#a"),
            ("http", uri.replace("s", "", 1)),
        ),
        *(
            ("two slashes", uri.replace("/0", "//0", 1)),
            ("a dot segment", uri + "/."),
            ("up", uri + "/../a"),
            ("blank", uri + "%20"),
        ),
        *(("escaped letter", uri[:-1] + f"%{ord(uri[-1]):02X}"), ("twice escaped", uri.replace("%", "%25"))),
        *(("lower-case hex", uri.replace("%C3", "%c3")), ("decomposed", uri.replace("%C3%BC", "u%CC%88"))),
        *(
            ("upper case", uri.upper()),
            ("NUL", uri + "%00"),
            ("backslash", uri.replace("/", "\\")),
            ("a joiner", uri + "\u200d"),
        ),
    ):
        if lie != uri:
            yield name, lie


def _notes(note: str) -> Iterator[tuple[str, str]]:
    lines = note.split("\n")
    yield from (
        ("CRLF", note.replace("\n", "\r\n")),
        ("no last line feed", note[:-1]),
        ("a line feed more", note + "\n"),
    )
    yield from (("a hyphen", note.replace("\u2014", "-")), ("two blanks", note.replace("\u2014 ", "\u2014  ")))
    yield from (
        ("a line separator", note.replace("\n", "\u2028", 1)),
        ("a blank line more", note.replace("\n\n", "\n\n\n")),
    )
    yield from (
        ("a size with zeros", "\n".join([lines[0], "0" + lines[1], *lines[2:]])),
        ("a vertical tab", "\x0b" + note),
    )
    yield from (
        ("other digits", "\n".join([lines[0], _arabic(lines[1]), *lines[2:]])),
        ("signed twice", note + lines[-2] + "\n"),
    )
    yield from (
        ("an extension line", note.replace("\n\n", "\nx\n\n")),
        ("a tail", note + "x"),
        ("lots twice", note.replace("lots ", "lots lots ")),
    )
    for name, lie in _base64(lines[-2].rpartition(" ")[2], ""):
        yield f"signature: {name}", note.replace(lines[-2].rpartition(" ")[2], lie)
    for number in (2, 3):
        for name, lie in _base64(lines[number].rpartition(" ")[2], ""):
            yield f"root {number}: {name}", note.replace(lines[number].rpartition(" ")[2], lie)


def _arabic(digits: str) -> str:
    return "".join(chr(ord(digit) - 48 + 0x660) for digit in digits)


def _party_names(given: Given) -> Iterator[Case]:
    """The names of parties are names of members."""
    for party, chain in list(given.file.get("keys", {}).items())[:3]:
        for name, lie in _uris(party):
            others = {other: keys for other, keys in given.file["keys"].items() if other != party}
            yield f"keys/{party}: {name}", written(given.file | {"keys": others | {lie: chain}})
            yield f"keys/{party}: also as {name}", written(given.file | {"keys": given.file["keys"] | {lie: chain}})
