"""WAV, RF64 and BW64: the size of the data chunk is judged, not the container's.

Writers that cannot go back (pipes, recorders that were cut off) leave 0 or a maximum as sizes; then all that is
behind the header is sound. Of a file whose account is odd the decoder sees a header made anew.
"""

import struct
from dataclasses import dataclass, field

from unheard.data.audio.containers.layout import CONVERT, Layout, Source, Stream
from unheard.errors import AudioError

__all__ = ["survey"]

_LARGE = 0xFFFFFFFF  # a size that stands in 'ds64', or nowhere
_KEPT = {b"fmt ", b"fact", b"ds64"}
_LONGEST_KEPT = 1 << 12  # bytes; a format chunk has some tens
_PLAIN = {0x0001, 0x0003, 0x0006, 0x0007, 0xFFFE}  # PCM, float, A-law, mu-law, extensible: a block is a sample
_MPEG = {0x0050, 0x0055}
# What may stand behind the sound even where it is cut or its size is wrong: text about the sound, never sound.
_NAMES = b"LISTid3 ID3 bextcue smplinst_PMXiXMLJUNKjunkPAD FLLRafspPEAKaxmlumidcartAPET"
_ABOUT = (b"TAG", b"ID3", *(_NAMES[at : at + 4] for at in range(0, len(_NAMES), 4)))


@dataclass
class _Header:
    """What stands before the sound.

    Args:
        magic: of the file.
        announced: size in the head of the file.
        chunks: those of `_KEPT`.
        begin: first byte of the sound.
        size: of the data chunk, as announced.
        odd: whether chunks are not padded as they should be; the decoder would be lost.
    """

    magic: bytes
    announced: int
    chunks: dict[bytes, bytes] = field(default_factory=dict)
    begin: int = 0
    size: int = 0
    odd: bool = False

    @property
    def order(self) -> str:
        return ">" if self.magic == b"RIFX" else "<"

    @property
    def block(self) -> int:
        """Bytes of one sample of all channels; 0 where samples are packed, or the header does not say."""
        form = self.chunks.get(b"fmt ", b"")
        if len(form) < 16:
            return 0
        block = struct.unpack(self.order + "H", form[12:14])[0]
        return int(block) if self.kind in _PLAIN else 0

    @property
    def kind(self) -> int:
        """How samples are written; 0 where the header does not say."""
        form = self.chunks.get(b"fmt ", b"")
        return int(struct.unpack(self.order + "H", form[:2])[0]) if len(form) >= 2 else 0


def survey(source: Source, start: int) -> Layout:
    """Where the sound of a WAV lies.

    Args:
        source: the file.
        start: where 'RIFF' stands.

    Raises:
        AudioError: it is cut, or something that may be sound lies behind what is announced.
    """
    header = _read_header(source, start)
    if header.kind in _MPEG:  # its length would be an estimate
        raise source.damaged("holds MPEG audio in WAV, which is not read", CONVERT)
    available = source.size - header.begin
    if header.size == 0 and available and _leads_to_the_end(source, header.begin):
        return Layout((Stream(samples=0),))
    open_end = not 0 < header.size <= available
    if open_end and not _unknown(header.size):
        raise source.cut(f"{header.size} bytes of sound announced, {available} found")
    end = source.size if open_end else header.begin + header.size
    block = header.block
    if open_end and block and (end - header.begin) % block not in {0, 1 if block % 2 else 0}:
        raise source.cut(f"no length announced, and it ends inside a sample ({end - header.begin} bytes of sound)")
    if not open_end:
        _check_behind(source, header, end)
    samples = (end - header.begin) // block if block else None
    whole = start + 8 + header.announced
    plain = (
        start == 0 and not open_end and not header.odd and header.magic != b"BW64" and abs(whole - source.size) <= 1
    )
    stream = Stream(() if plain else (_made_anew(header, end), (header.begin, end)), samples)
    # Compressed samples (ADPCM, GSM) go by what stood before them.
    return Layout((stream,), seeking=stream if block else None)


def _unknown(size: int) -> bool:
    return size == 0 or 0x7FFF0000 <= size <= 0x80000000 or 0xFFFF0000 <= size <= _LARGE


def _read_header(source: Source, start: int) -> _Header:
    """All up to the first byte of sound."""
    head = source.at(start, 12)
    order = ">" if head[:4] == b"RIFX" else "<"
    header = _Header(head[:4], struct.unpack(order + "I", head[4:8])[0])
    position = start + 12
    while True:
        own = source.at(position, 8)
        if len(own) < 8:
            raise source.cut("it ends before its sound (there is no data chunk)")
        name, size = own[:4], struct.unpack(order + "I", own[4:])[0]
        if name == b"data":
            header.begin, header.size = position + 8, size
            break
        if not _is_name(name):
            raise source.damaged(f"its header is damaged: no chunk at byte {position}, expected one")
        if name in _KEPT:
            if size > _LONGEST_KEPT:
                raise source.damaged(f"its header is damaged: {size} bytes of {name.decode().strip()!r}")
            header.chunks[name] = source.at(position + 8, size)
        position = _behind(source, position + 8 + size, size)
        header.odd |= position % 2 != start % 2
    large = header.chunks.get(b"ds64", b"")
    if header.magic in {b"RF64", b"BW64"} and header.size == _LARGE and len(large) >= 16:
        whole, header.size = struct.unpack("<QQ", large[:16])
        header.announced = whole if header.announced == _LARGE else header.announced
    return header


def _is_name(name: bytes) -> bool:
    return len(name) == 4 and all(0x20 <= byte < 0x7F for byte in name)


def _behind(source: Source, end: int, size: int) -> int:
    """Where the next chunk begins: on an even byte, save where a writer forgot."""
    if size % 2 == 0:
        return end
    forgot = _is_name(source.at(end, 4)) and not _is_name(source.at(end + 1, 4))
    return end if forgot else end + 1


def _leads_to_the_end(source: Source, position: int) -> bool:
    """Whether chunks and nothing else fill the file from here on."""
    while source.size - position >= 8:
        own = source.at(position, 8)
        size = struct.unpack("<I", own[4:])[0]
        if not _is_name(own[:4]) or position + 8 + size > source.size:
            return False
        position = _behind(source, position + 8 + size, size)
    return True


def _check_behind(source: Source, header: _Header, end: int) -> None:
    """Refuse what may be sound behind the announced end, e.g. where a size of more than 4 GiB ran over."""
    position = _behind(source, end, header.size)
    while source.size - position >= 8:
        own = source.at(position, 8)
        name, size = own[:4], struct.unpack(header.order + "I", own[4:])[0]
        left = source.size - position
        if name in {b"RIFF", b"RIFX", b"RF64", b"BW64", b"data"}:
            raise _more(source, header, left, "another recording" if name != b"data" else "a second data chunk")
        fits = _is_name(name) and size <= left - 8
        if not fits:
            about = name.startswith(_ABOUT) or not any(source.at(position, 1 << 20))
            if not about:
                raise _more(source, header, left, "no chunk")
            return
        position = _behind(source, position + 8 + size, size)


def _more(source: Source, header: _Header, left: int, what: str) -> AudioError:
    return source.damaged(
        f"{header.size} bytes of sound announced, and {left} bytes more behind them that are {what}",
        "Divide or export it again, so that all of it is announced, or pass --skip-bad.",
    )


def _made_anew(header: _Header, end: int) -> bytes:
    """A header that announces what there is."""
    kept = b"".join(
        name + struct.pack(header.order + "I", len(body)) + body + b"\0" * (len(body) % 2)
        for name, body in header.chunks.items()
        if name != b"ds64"
    )
    size = end - header.begin
    whole = 4 + len(kept) + 8 + size
    if whole < _LARGE - 64:
        magic = b"RIFX" if header.order == ">" else b"RIFF"
        length = struct.pack(header.order + "I", whole)
        return magic + length + b"WAVE" + kept + b"data" + struct.pack(header.order + "I", size)
    large = b"ds64" + struct.pack("<IQQQI", 28, whole + 36, size, size // max(1, header.block), 0)
    return b"RF64" + struct.pack("<I", _LARGE) + b"WAVE" + large + kept + b"data" + struct.pack("<I", _LARGE)
