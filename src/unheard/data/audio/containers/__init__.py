"""What a file says of the sound in it, judged before a sample is decoded.

    file -> Source -> Layout (streams of bytes for the decoder, samples announced)

A decoder reads what it can and says nothing of the rest: a recording that was cut, a second one behind the first, a
lost page. Each container's own account (sizes, counts, marks of the end) is therefore held against the bytes here.
"""

from unheard.data.audio.containers.layout import AGAIN, Layout, Source, Stream
from unheard.data.audio.containers.splice import Splice
from unheard.data.audio.containers.survey import survey

__all__ = ["AGAIN", "Layout", "Source", "Splice", "Stream", "survey"]
