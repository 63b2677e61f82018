"""A C library is kept from the screen, and nothing else is."""

import subprocess
import sys

import pytest

SCRIPT = """
import ctypes, os, sys
from unheard.data.audio.quiet import quiet

library = ctypes.CDLL(None)
write = lambda text: (library.fprintf(ctypes.c_void_p.in_dll(library, "stderr"), text), library.fflush(None))
write(b"before ")
with quiet():
    with quiet():
        write(b"hidden ")
    write(b"hidden, too ")
    sys.stderr.write("ours ")
    sys.stderr.flush()
    os.system("printf 'another process ' >&2")
with quiet(False):
    write(b"shown ")
write(b"behind")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere nothing is hidden")
def test_only_what_c_code_says_meanwhile_is_hidden():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stderr == "before ours another process shown behind"
