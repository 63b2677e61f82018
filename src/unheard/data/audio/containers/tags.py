"""What is no sound at both ends of a recording: ID3, APE and Lyrics3 tags, and padding."""

from unheard.data.audio.containers.layout import Source

__all__ = ["behind_id3", "end_of_sound"]

_BLOCK = 1 << 16


def behind_id3(source: Source, start: int) -> int:
    """Where the ID3v2 tags that begin at `start` end; `start` itself where there is none."""
    head = source.at(start, 10)
    while head[:3] == b"ID3" and len(head) == 10:
        size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        start += 10 + size + (10 if head[5] & 0x10 else 0)
        head = source.at(start, 10)
    return start


def end_of_sound(source: Source, first: int, last: int) -> int:
    """Where the sound in [first, last) ends, less tags and zeros behind it."""
    while True:
        tag = next((size for own in (_id3v1, _ape, _lyrics) if (size := own(source, first, last))), 0)
        end = last - tag if tag else _less_zeros(source, first, last)
        if end == last:
            return end
        last = end


def _less_zeros(source: Source, first: int, last: int) -> int:
    """Zeros are padding where there are many; a few may be the end of the sound."""
    end = last
    while end > first:
        begin = max(first, end - _BLOCK)
        left = source.at(begin, end - begin).rstrip(b"\0")
        if left:
            end = begin + len(left)
            break
        end = begin
    return end if last - end >= 16 else last


def _id3v1(source: Source, first: int, end: int) -> int:
    return 128 if end - 128 >= first and source.at(end - 128, 3) == b"TAG" else 0


def _ape(source: Source, first: int, end: int) -> int:
    footer = source.at(max(first, end - 32), 32)
    if footer[:8] != b"APETAGEX" or len(footer) < 32:
        return 0
    size = int.from_bytes(footer[12:16], "little") + (32 if footer[23] & 0x80 else 0)
    return size if size <= end - first else 0


def _lyrics(source: Source, first: int, end: int) -> int:
    footer = source.at(max(first, end - 15), 15)
    if footer[6:] != b"LYRICS200" or not footer[:6].isdigit():
        return 0
    size = int(footer[:6]) + 15
    return size if size <= end - first else 0
