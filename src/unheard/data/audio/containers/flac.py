"""FLAC: one stream or several in a row; the count of samples in STREAMINFO is held against what is decoded."""

import mmap

from unheard.data.audio.containers.layout import Layout, Source, Stream
from unheard.data.audio.containers.tags import end_of_sound

__all__ = ["survey"]

_STREAMINFO = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")
_COUNT = 21  # byte whose low half and the four behind it are the count of samples (RFC 9639, section 8.2)


def survey(source: Source, start: int) -> Layout:
    """Where the streams of a FLAC file lie.

    The decoder sees a count of 0, 'unknown': then it goes on to the end of the bytes, and complains of all that is
    no frame, where with a count it stops when it has as many.

    Args:
        source: the file.
        start: where 'fLaC' stands.
    """
    starts = _starts(source, start)
    streams = []
    for first, last in zip(starts, [*starts[1:], source.size], strict=True):
        head = source.at(first, 26)
        if head[:8] not in _STREAMINFO or len(head) < 26:
            raise source.damaged("its header is damaged (no STREAMINFO)")
        count = (head[_COUNT] & 0x0F) << 32 | int.from_bytes(head[_COUNT + 1 :], "big")
        unknown = head[:_COUNT] + bytes([head[_COUNT] & 0xF0]) + bytes(4)
        streams.append(Stream((unknown, (first + 26, end_of_sound(source, first + 26, last))), count or None))
    # A seek needs the count; whether it is right is known by then, from the pass over the whole.
    seeking = Stream(((start, source.size),)) if len(streams) == 1 and streams[0].samples else None
    return Layout(tuple(streams), seeking=seeking)


def _starts(source: Source, start: int) -> list[int]:
    """Where streams begin; a tag may stand before each."""
    found = [start]
    with mmap.mmap(source.stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        while True:
            at = content.find(b"fLaC", found[-1] + 8)
            while at >= 0 and content[at : at + 8] not in _STREAMINFO:
                at = content.find(b"fLaC", at + 1)
            if at < 0:
                return found
            found.append(at)
