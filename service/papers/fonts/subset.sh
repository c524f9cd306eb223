#!/bin/sh
# Makes LotproofCJK.ttf: the Han, kana and full-width signs of GB 2312 out of Droid Sans Fallback (Debian: fonts-droid-fallback).
#     sh service/papers/fonts/subset.sh /usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf
# pyftsubset comes with fonttools, one of the packages for development.
set -eu
cd "$(dirname "$0")"
python=../../../.venv/bin/python
$python - > gb2312.txt <<'PYTHON'
found = set()
for high in range(0xA1, 0xF8):
    for low in range(0xA1, 0xFF):
        try:
            found.add(bytes((high, low)).decode("gb2312"))
        except UnicodeDecodeError:
            pass
print("".join(sorted(found)))
PYTHON
$python -m fontTools.subset "$1" --text-file=gb2312.txt --output-file=LotproofCJK.ttf --no-hinting --layout-features= --name-IDs='*' --notdef-outline
rm gb2312.txt
