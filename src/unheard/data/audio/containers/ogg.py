"""Ogg: every page is there, whole and in order, and every link of a chain is decoded (RFC 3533).

The decoder leaves out pages that are damaged and all links but the first, and says nothing of either.
"""

import struct
import zlib
from dataclasses import dataclass, field

from unheard.data.audio.containers.layout import CONVERT, Layout, Piece, Source, Stream
from unheard.data.audio.containers.tags import end_of_sound

__all__ = ["survey"]

_HEAD = 27  # bytes of a page before its table of segments
_FIRST, _LAST = 2, 4  # flags of a page: of its stream the first, the last
_SOUND = {b"\x01vorbis": "Vorbis", b"OpusHead": "Opus", b"\x7fFLAC": "FLAC", b"Speex   ": "Speex"}
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_REMUX = "If it is all there is, close it (ffmpeg -i IN -c copy OUT.ogg); else copy it again, or pass --skip-bad."


@dataclass(frozen=True, slots=True)
class _Page:
    start: int
    end: int
    flags: int
    serial: int
    number: int
    packet: bytes


@dataclass
class _Link:
    """Streams that run side by side.

    Args:
        next: serial number -> the number that its next page has; None behind its last.
        kinds: serial number -> codec, of those that are sound.
        pages: serial number -> ranges of the file.
        closed: whether all first pages are read.
    """

    next: dict[int, int | None] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    pages: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    closed: bool = False

    @property
    def over(self) -> bool:
        return bool(self.next) and all(number is None for number in self.next.values())


def survey(source: Source, start: int) -> Layout:
    """Where the links of an Ogg file lie.

    Args:
        source: the file.
        start: where the first page stands.

    Raises:
        AudioError: a page is cut, damaged or lost, a link has no last page, or holds no sound or two streams of it.
    """
    links = [_Link()]
    position = start
    while position < source.size:
        if source.at(position, 4) != b"OggS" and end_of_sound(source, position, source.size) == position:
            break
        page = _read_page(source, position)
        position = page.end
        if page.flags & _FIRST and (links[-1].over or links[-1].closed):
            _check_over(source, links[-1])
            links.append(_Link())
        _enter(source, page, links[-1])
    _check_over(source, links[-1])
    streams = tuple(_stream(source, link) for link in links)
    # A block of Vorbis needs the one before it and no more; Opus goes by all that was before.
    exact = len(links) == 1 and "Vorbis" in links[0].kinds.values()
    return Layout(streams, seeking=streams[0] if exact else None)


def _read_page(source: Source, position: int) -> _Page:
    head = source.at(position, _HEAD)
    if head[:4] != b"OggS"[: len(head)]:
        left = source.size - position
        raise source.damaged(f"{left} bytes from byte {position} on begin with no page; sound may be lost")
    if len(head) < _HEAD:
        raise source.cut("it ends inside a page")
    content = source.at(position, _HEAD + head[26] + 255 * 255)
    length = _HEAD + head[26] + sum(content[_HEAD : _HEAD + head[26]])
    if len(content) < _HEAD + head[26] or len(content) < length:
        raise source.cut(f"it ends inside a page ({length} bytes of it announced, {len(content)} found)")
    content = content[:length]
    if struct.unpack("<I", head[22:26])[0] != _checksum(content[:22] + bytes(4) + content[26:]):
        raise source.damaged(f"the page at byte {position} is damaged (its checksum does not agree)")
    serial, number = struct.unpack("<II", head[14:22])
    packet = content[_HEAD + head[26] :][:8]
    return _Page(position, position + length, head[5], serial, number, packet)


def _checksum(content: bytes) -> int:
    """CRC-32 as Ogg has it: of the same polynomial as zlib's, but with bits the other way round and from 0."""
    mirrored = zlib.crc32(content.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def _enter(source: Source, page: _Page, link: _Link) -> None:
    """Take a page for the next of its stream."""
    if page.flags & _FIRST:
        kind = next((kind for magic, kind in _SOUND.items() if page.packet.startswith(magic)), None)
        if kind is not None:
            link.kinds[page.serial] = kind
        link.pages[page.serial] = []
    else:
        link.closed = True
        expected = link.next.get(page.serial)
        if expected != page.number:
            found = f"page {page.number} follows where page {expected} is expected"
            raise source.damaged(f"a page is missing before byte {page.start} ({found})")
    link.next[page.serial] = None if page.flags & _LAST else page.number + 1
    ranges = link.pages[page.serial]
    if ranges and ranges[-1][1] == page.start:
        ranges[-1] = (ranges[-1][0], page.end)
    else:
        ranges.append((page.start, page.end))


def _check_over(source: Source, link: _Link) -> None:
    if not link.over:
        raise source.damaged("truncated: the page that is marked as the last is not there", _REMUX)


def _stream(source: Source, link: _Link) -> Stream:
    unread = sorted({"Speex", "FLAC"} & set(link.kinds.values()))
    if unread:
        raise source.damaged(f"holds {unread[0]} in Ogg, which is not read", CONVERT)
    if len(link.kinds) != 1:
        found = f"{len(link.kinds)} streams of sound side by side" if link.kinds else "no Vorbis and no Opus"
        raise source.damaged(f"holds {found}", CONVERT)
    pieces: list[Piece] = list(link.pages[next(iter(link.kinds))])
    return Stream(() if pieces == [(0, source.size)] else tuple(pieces))
