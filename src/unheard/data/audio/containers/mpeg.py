"""MP3 (and the other layers of MPEG audio): a chain of frames from the first byte to the last.

The length of an MP3 stands nowhere but in a Xing, Info or VBRI header, which is itself a frame; without one the
decoder estimates it from the size of the file and stops there, whole or not. So the frames are counted here, and the
decoder is led to estimate no less.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from unheard.data.audio.containers.layout import CONVERT, Layout, Source, Stream
from unheard.data.audio.containers.tags import behind_id3, end_of_sound
from unheard.errors import AudioError

__all__ = ["is_frame", "survey"]

_BITRATES = {  # (MPEG-1?, layer) -> kbit/s by index, 1 to 14
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}  # by version
_WINDOW = 1 << 20  # bytes read at once
_KEPT = 64  # bytes of a frame's beginning that are looked at
_FRAMES_FLAG = 1


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the four bytes at a frame's head say.

    Args:
        kind: version, layer, rate and whether it is mono: what stays the same in a stream.
        length: in bytes, the head included.
        samples: of each channel.
        side: bytes of side information behind the head (layer III).
    """

    kind: tuple[int, int, int, bool]
    length: int
    samples: int
    side: int


@dataclass(frozen=True, slots=True)
class _Opening:
    """A frame that is a stream's header: how many frames follow, None where it does not say."""

    frames: int | None


@dataclass
class _Chain:
    """The frames of one stream.

    Args:
        first: where the first frame stands.
        last: where the last one ends.
        frame: the first one.
        longest: bytes of the longest frame.
        announced: how many frames follow, by the header frame; None where there is none.
        count: frames that hold sound.
    """

    first: int
    last: int
    frame: _Frame
    longest: int
    announced: int | None
    count: int


def is_frame(head: bytes) -> bool:
    """Whether these bytes begin a frame of MPEG audio."""
    return _parse(head) is not None


def survey(source: Source, start: int) -> Layout:
    """Where the streams of an MPEG audio file lie.

    Args:
        source: the file.
        start: where the first frame stands, tags left out.

    Raises:
        AudioError: it ends inside a frame, bytes belong to no frame, or frames are missing or too many.
    """
    chains: list[_Chain] = []
    for position, frame, head in _frames(source, start):
        chain = chains[-1] if chains else None
        opening = _opening(frame, head)
        if chain is None or opening is not None or position != chain.last:
            own = None if opening is None else opening.frames
            count = 0 if opening is not None else 1
            chains.append(_Chain(position, position + frame.length, frame, frame.length, own, count))
            continue
        if frame.kind != chain.frame.kind:
            raise source.damaged(f"its frames change in rate, layer or channels at byte {position}", CONVERT)
        chain.last, chain.count = position + frame.length, chain.count + 1
        chain.longest = max(chain.longest, frame.length)
    for chain in chains:
        if chain.announced is not None and chain.announced != chain.count:
            found = f"{chain.announced} frames announced, {chain.count} found"
            raise source.cut(found) if chain.announced > chain.count else source.damaged(found)
    return Layout(tuple(_stream(chain) for chain in chains), chatty=True)


def _frames(source: Source, position: int) -> Iterator[tuple[int, _Frame, bytes]]:
    """Each frame with its place, from one to the next."""
    offset, window = position, b""
    while position < source.size:
        if position + _KEPT > offset + len(window):
            offset, window = position, source.at(position, _WINDOW)
        head = window[position - offset : position - offset + _KEPT]
        frame = _parse(head)
        if frame is None:
            behind = _behind_tags(source, position)
            if behind >= source.size:
                return
            if behind == position:
                raise _no_frame(source, position, head)
            position = behind
            continue
        if position + frame.length > source.size:
            found = source.size - position
            raise source.cut(f"it ends inside a frame ({frame.length} bytes of it announced, {found} found)")
        yield position, frame, head
        position += frame.length


def _behind_tags(source: Source, position: int) -> int:
    behind = behind_id3(source, position)
    if behind == position and end_of_sound(source, position, source.size) == position:
        return source.size
    if behind == position and source.at(position, 3) == b"TAG":
        return position + 128
    return behind


def _no_frame(source: Source, position: int, head: bytes) -> AudioError:
    if len(head) < 4 and head[:1] == b"\xff":
        return source.cut(f"it ends inside the head of a frame ({len(head)} bytes of 4)")
    left = source.size - position
    return source.damaged(f"{left} bytes from byte {position} on begin with no frame; sound may be lost")


def _parse(head: bytes) -> _Frame | None:
    """The frame that begins here, if one does (ISO/IEC 11172-3, 2.4.1.3; free formats are left out)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer, index, sampling = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3), head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 4 or index in {0, 15} or sampling == 3:
        return None
    first, mono = version == 3, head[3] >> 6 == 3
    rate, bits = _RATES[version][sampling], _BITRATES[first, layer][index - 1] * 1000
    samples = {1: 384, 2: 1152, 3: 1152 if first else 576}[layer]
    slot = 4 if layer == 1 else 1
    length = (samples // 8 // slot * bits // rate + (head[2] >> 1 & 1)) * slot
    side = (17 if mono else 32) if first else (9 if mono else 17)
    return _Frame((version, layer, rate, mono), length, samples, side)


def _opening(frame: _Frame, head: bytes) -> _Opening | None:
    """What a frame says that is a stream's header and holds no sound; None for all others."""
    if frame.kind[1] != 3:
        return None
    if head[36:40] == b"VBRI":
        return _Opening(int.from_bytes(head[50:54], "big"))
    for place in (4 + frame.side, 6 + frame.side):  # behind a checksum, if there is one
        if head[place : place + 4] in {b"Xing", b"Info"}:
            flags = int.from_bytes(head[place + 4 : place + 8], "big")
            return _Opening(int.from_bytes(head[place + 8 : place + 12], "big") if flags & _FRAMES_FLAG else None)
    return None


def _stream(chain: _Chain) -> Stream:
    whole = (chain.first, chain.last)
    if chain.announced is not None:  # and there the header says, too, what the encoder put in at both ends
        return Stream((whole,))
    return Stream((_room(chain), whole), chain.count * chain.frame.samples)


def _room(chain: _Chain) -> bytes:
    """A tag that makes the file so long that the decoder's estimate of its sound is never too short.

    It divides the file's length, tags and all, by that of the first frames, and reads no further than that.
    """
    size = max(0, (chain.count + 4) * chain.longest - (chain.last - chain.first))
    return b"ID3\x04\0\0" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + bytes(size)
