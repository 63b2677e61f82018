"""What recordings lie under a folder: each once, in one order, and nothing hidden."""

from unheard.data.folders import recordings_under


def test_recordings_are_found_at_any_depth_once_and_sorted(tmp_path):
    for name in ("b/2.WAV", "a.wav", "b/1.flac", "b/c/3.wav", ".hidden/4.wav", "b/.5.wav", "__MACOSX/6.wav", "7.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "b" / "circle").symlink_to(tmp_path)
    elsewhere = tmp_path / "linked"
    elsewhere.symlink_to(tmp_path / "b" / "c")
    found = [path.relative_to(tmp_path).as_posix() for path in recordings_under(tmp_path, {".wav", ".flac"})]
    assert found == ["a.wav", "b/1.flac", "b/2.WAV", "b/c/3.wav"]
