"""The -wal file of SQLite as far as a power cut needs it: where commits end, and the newest pages.

https://www.sqlite.org/fileformat2.html, section 4: a header of 32 bytes, then frames of 24 bytes and a page.
"""

from random import Random

HEADER, FRAME = 32, 24
_SECTOR = 512


def frames(wal: bytes) -> list[tuple[int, bytes, int, bool]]:
    """Each frame of the present generation: page number, page, where it ends, whether it commits."""
    if len(wal) < HEADER:
        return []
    size, salts, found, at = int.from_bytes(wal[8:12]), wal[16:24], [], HEADER
    while at + FRAME + size <= len(wal) and wal[at + 8 : at + 16] == salts:
        page, commits = int.from_bytes(wal[at : at + 4]), wal[at + 4 : at + 8] != bytes(4)
        end = at + FRAME + size
        found.append((page, wal[at + FRAME : end], end, commits))
        at = end
    return found


def commits(wal: bytes) -> list[int]:
    """Where each commit ends; the header's end stands for none at all."""
    return [HEADER, *(end for _, _, end, commits in frames(wal) if commits)]


def half_copied_back(main: bytes, wal: bytes, chance: Random) -> bytes:
    """The main file when power fails while the -wal file is copied into it: some pages, some torn."""
    last, torn = commits(wal)[-1], bytearray(main)
    pages = {page: content for page, content, end, _ in frames(wal) if end <= last}
    for page, content in pages.items():
        if chance.random() < 0.5:
            continue
        start, length = (page - 1) * len(content), len(content)
        if chance.random() < 0.2:
            length = chance.randrange(0, length, _SECTOR)
        torn.extend(bytes(max(0, start + length - len(torn))))
        torn[start : start + length] = content[:length]
    return bytes(torn)
