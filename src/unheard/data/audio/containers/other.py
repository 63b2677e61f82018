"""AIFF, AU, CAF, Wave64 and NIST SPHERE: whether all bytes are there that they announce."""

import re
import struct

from unheard.data.audio.containers.layout import Layout, Source, Stream

__all__ = ["survey_aiff", "survey_au", "survey_caf", "survey_nist", "survey_wave64"]

_WAVE64_DATA = bytes.fromhex("64617461f3acd3118cd100c04f8edb8a")


def _judge(source: Source, announced: int, begin: int) -> None:
    available = source.size - begin
    if announced > available:
        raise source.cut(f"{announced} bytes of sound announced, {available} found")


def survey_aiff(source: Source, start: int) -> Layout:
    """AIFF and AIFC: chunks with 32-bit sizes, on even bytes."""
    position, samples = start + 12, None
    while True:
        own = source.at(position, 26)
        if len(own) < 8:
            raise source.cut("it ends before its sound (there is no SSND chunk)")
        name, size = own[:4], struct.unpack(">I", own[4:8])[0]
        if name == b"COMM" and len(own) >= 14:
            samples = struct.unpack(">I", own[10:14])[0]
        if name == b"SSND":
            _judge(source, size, position + 8)
            return Layout((Stream(samples=samples),))
        position += 8 + size + size % 2


def survey_au(source: Source, start: int) -> Layout:
    """AU: a head of six numbers; the size may be left open."""
    head = source.at(start, 24)
    order = "<" if head[:4] == b"dns." else ">"
    if len(head) < 24:
        raise source.cut("it ends inside its header")
    begin, size = struct.unpack(order + "II", head[4:12])
    if size != 0xFFFFFFFF:
        _judge(source, size, start + begin)
    return Layout((Stream(),))


def survey_caf(source: Source, start: int) -> Layout:
    """CAF: chunks with 64-bit sizes; that of the sound may be left open (-1)."""
    position = start + 8
    while True:
        own = source.at(position, 12)
        if len(own) < 12:
            raise source.cut("it ends before its sound (there is no data chunk)")
        name, size = own[:4], struct.unpack(">q", own[4:])[0]
        if name == b"data":
            _judge(source, size, position + 12)
            return Layout((Stream(),))
        if size < 0:
            raise source.damaged(f"its header is damaged (a chunk of {size} bytes)")
        position += 12 + size


def survey_wave64(source: Source, start: int) -> Layout:
    """Wave64: chunks named by 16 bytes; sizes of 64 bits hold the chunk's head, too."""
    position = start + 40
    while True:
        own = source.at(position, 24)
        if len(own) < 24:
            raise source.cut("it ends before its sound (there is no data chunk)")
        size = struct.unpack("<Q", own[16:])[0]
        if own[:16] == _WAVE64_DATA:
            _judge(source, size - 24, position + 24)
            return Layout((Stream(),))
        if size < 24:
            raise source.damaged(f"its header is damaged (a chunk of {size} bytes)")
        position += -(-size // 8) * 8


def survey_nist(source: Source, start: int) -> Layout:
    """NIST SPHERE: a head of text that counts the samples."""
    head = source.at(start, 1 << 14)
    fields = dict(re.findall(rb"^(\w+) -i (\d+)\s*$", head, re.MULTILINE))
    size = re.match(rb"NIST_1A\n\s*(\d+)\n", head)
    if size is None:
        raise source.damaged("its header is damaged (NIST SPHERE without its size)")
    needed = (b"sample_count", b"channel_count", b"sample_n_bytes")
    if not all(name in fields for name in needed):
        return Layout((Stream(),))
    count, channels, width = (int(fields[name]) for name in needed)
    _judge(source, count * channels * width, start + int(size[1]))
    return Layout((Stream(samples=count),))
