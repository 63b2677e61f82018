"""Which container a file is, by its first bytes and never by its name."""

from collections.abc import Callable

from unheard.data.audio.containers import flac, foreign, mpeg, ogg, other, riff
from unheard.data.audio.containers.layout import CONVERT, Layout, Source, Stream
from unheard.data.audio.containers.tags import behind_id3

__all__ = ["survey"]

_BY_MAGIC: tuple[tuple[bytes, bytes, Callable[[Source, int], Layout]], ...] = (  # at 0, at 8
    (b"RIFF", b"WAVE", riff.survey),
    (b"RIFX", b"WAVE", riff.survey),
    (b"RF64", b"WAVE", riff.survey),
    (b"BW64", b"WAVE", riff.survey),
    (b"fLaC", b"", flac.survey),
    (b"OggS", b"", ogg.survey),
    (b"FORM", b"AIFF", other.survey_aiff),
    (b"FORM", b"AIFC", other.survey_aiff),
    (b".snd", b"", other.survey_au),
    (b"dns.", b"", other.survey_au),
    (b"caff", b"", other.survey_caf),
    (b"riff\x2e\x91\xcf\x11", b"", other.survey_wave64),
    (b"NIST_1A\n", b"", other.survey_nist),
)
_HEAD = 512  # bytes that tell what a file is
_PADDING = 1 << 16  # bytes of zeros at most between a tag and the sound


def survey(source: Source) -> Layout:
    """Where the sound of a file lies, by its own account.

    Raises:
        AudioError: it is no recording, or what it announces is not what it holds.
    """
    start = behind_id3(source, 0)
    if start >= source.size:
        raise source.cut(f"a tag of {start} bytes announced, and {source.size} bytes in all")
    head = source.at(start, _HEAD + _PADDING)
    if start:  # a tag's padding is not always counted in its size
        zeros = len(head) - len(head.lstrip(b"\0"))
        start, head = start + zeros, head[zeros:]
    head = head[:_HEAD]
    for magic, form, own in _BY_MAGIC:
        if head.startswith(magic) and head[8:].startswith(form):
            return _behind_tag(own(source, start), start, source.size)
    if mpeg.is_frame(head):
        return mpeg.survey(source, start)
    known = foreign.describe(head)
    if known is not None:
        what, mend = known
        raise source.damaged(f"cannot be decoded: it is {what}", mend)
    raise source.damaged("cannot be decoded: it begins like no recording that is known", CONVERT)


def _behind_tag(layout: Layout, start: int, size: int) -> Layout:
    """The decoder is not shown a tag before the sound."""
    if start == 0 or layout.streams[0].pieces:
        return layout
    return Layout((Stream(((start, size),), layout.streams[0].samples),))
