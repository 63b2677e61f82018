"""What is no recording is named for what it is, and what makes one of it is said."""

import io
import os
import tarfile
import zipfile

import pytest

from unheard.data.audio.loading import read_audio
from unheard.errors import AudioError

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 123456\n"


def archive(kind):
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as own:
            own.writestr("a.wav", b"RIFF")
    else:
        with tarfile.open(fileobj=buffer, mode="w") as own:
            own.addfile(tarfile.TarInfo("a.wav"))
    return buffer.getvalue()


def error_of(file):
    with pytest.raises(AudioError) as caught:
        read_audio(file)
    return caught.value


@pytest.mark.parametrize("ending", [".wav", ".flac", ".mp3", ".ogg", ""])
@pytest.mark.parametrize(
    ("content", "said", "mend"),
    [
        (POINTER, "a git-lfs pointer", "git lfs pull"),
        (b"/annex/objects/SHA256E-s1--a.wav\n", "a git-annex pointer", "git annex get"),
        (b"<!DOCTYPE html>\n<html><body>404</body></html>", "an HTML page", "again"),
        (b"\n\n <html lang='en'>", "an HTML page", "again"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "an XML document", "again"),
        (b'{"error": "not found"}', "a JSON document", "again"),
        (archive("zip"), "a ZIP archive", "Unpack"),
        (archive("tar"), "a tar archive", "Unpack"),
        (b"\x1f\x8b\x08" + bytes(40), "a gzip archive", "Unpack"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(100), "AAC or ALAC in MP4", "ffmpeg -i"),
        (b"\x1a\x45\xdf\xa3" + bytes(100), "WebM", "ffmpeg -i"),
        (b"#!AMR\n" + bytes(100), "AMR", "ffmpeg -i"),
        (b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(100), "AAC", "ffmpeg -i"),
        (bytes(5000), "nothing but zeros", "again"),
        ("file,speaker,emotion\nü.wav,1,anger\n".encode(), "text", "Name the recording"),
    ],
)
def test_what_it_is_instead(tmp_path, ending, content, said, mend):
    file = tmp_path / f"a{ending}"
    file.write_bytes(content)
    error = error_of(file)
    assert said in error.problem
    assert mend in error.mend
    assert str(error).startswith(f"{file}: ")


def test_links_that_lead_nowhere(tmp_path):
    file = tmp_path / "a.wav"
    file.symlink_to("../.git/annex/objects/x/a.wav")
    assert "is a link to" in error_of(file).problem
    assert "git annex get a.wav" in error_of(file).mend
    file.unlink()
    file.symlink_to("elsewhere.wav")
    assert "elsewhere.wav" in error_of(file).problem
    file.unlink()
    file.symlink_to(file)
    assert "link" in error_of(file).problem


@pytest.mark.timeout(10)
def test_what_would_be_read_for_ever(tmp_path):
    pipe = tmp_path / "pipe.wav"
    os.mkfifo(pipe)
    for file in (pipe, "/dev/zero", "/dev/null"):
        assert "not a file" in error_of(file).problem


def test_names_that_the_system_refuses(tmp_path):
    assert "name too long" in error_of(tmp_path / f"{'x' * 300}.wav").problem.lower()
    assert error_of(tmp_path / "a\0b.wav").problem
    assert error_of(tmp_path / "a.wav" / "b.wav").problem
