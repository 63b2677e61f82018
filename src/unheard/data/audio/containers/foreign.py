"""What a file is that is no recording, by its first bytes: the error names it, and what makes a recording of it."""

import re

from unheard.data.audio.containers.layout import AGAIN, CONVERT

__all__ = ["describe"]

_FETCH = "Fetch the recording itself: git lfs pull"
_GET = "Fetch the recording itself: git annex get FILE"
_UNPACK = "Unpack it, and name the recordings in it."
_PAGE = "The download went wrong: it is an answer of a web server. Fetch the recording again."

# (pattern at the start of the file, what it is, what to do)
_KNOWN: tuple[tuple[bytes, str, str], ...] = (
    (rb"version https://(git-lfs|hawser)\.github\.com/spec/", "a git-lfs pointer, not the recording", _FETCH),
    (rb"(\.\./)*(\.git)?/?annex/objects/", "a git-annex pointer, not the recording", _GET),
    (rb"(?i)\s*<(!doctype html|html|head|body)", "an HTML page, not a recording", _PAGE),
    (rb"(?i)\s*<(\?xml|error)", "an XML document, not a recording", _PAGE),
    (rb"\s*[\[{]\s*[\"\[{\]}]", "a JSON document, not a recording", _PAGE),
    (rb"PK\x03\x04|PK\x05\x06", "a ZIP archive (or a document in one)", _UNPACK),
    (rb"\x1f\x8b", "a gzip archive", _UNPACK),
    (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (rb"Rar!", "a RAR archive", _UNPACK),
    (rb"BZh[1-9]", "a bzip2 archive", _UNPACK),
    (rb"\xfd7zXZ", "an xz archive", _UNPACK),
    (rb"(?s).{257}ustar", "a tar archive", _UNPACK),
    (rb"(?s).{4}ftyp(M4A|M4B|mp4|isom|iso2|qt  |3gp|dash)", "AAC or ALAC in MP4 (M4A)", CONVERT),
    (rb"(?s).{4}(ftyp|moov|mdat)", "an MP4 or QuickTime file", CONVERT),
    (rb"\x1aE\xdf\xa3", "WebM or Matroska", CONVERT),
    (rb"#!AMR", "AMR", CONVERT),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA or ASF", CONVERT),
    (rb"ADIF|\xff[\xf0\xf1\xf8\xf9][\x40-\x7f]", "AAC", CONVERT),
    (rb"MAC ", "Monkey's Audio (APE)", CONVERT),
    (rb"wvpk", "WavPack", CONVERT),
    (rb"MThd", "MIDI: notes, not sound", "Name a recording."),
    (rb"(?s)RIFF.{4}AVI ", "an AVI video", CONVERT),
    (rb"%PDF", "a PDF document", "Name a recording."),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "a picture", "Name a recording."),
    (rb"\x7fELF|MZ", "a program", "Name a recording."),
    (rb"\x93NUMPY", "a NumPy array", "Write its samples as WAV."),
)


def describe(head: bytes) -> tuple[str, str] | None:
    """What a file is and what to do; None where it is not known.

    Args:
        head: its first 512 bytes.
    """
    for pattern, what, mend in _KNOWN:
        if re.match(pattern, head):
            return what, mend
    if not head.strip(b"\0"):
        return "nothing but zeros: space was set aside, and no sound written", AGAIN
    if _is_text(head):
        return "text, not a recording", "Name the recording, or pass --skip-bad."
    return None


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8-sig") if len(head) < 512 else head.decode("utf-8-sig", errors="ignore")
    except UnicodeDecodeError:
        return False
    return len(text) >= len(head) / 4 and all(sign.isprintable() or sign in "\r\n\t" for sign in text)
