"""What a person reads when a command cannot do what it was asked: one sentence, never a traceback."""

from __future__ import annotations

import errno
import os
import traceback
from pathlib import Path


class Refused(Exception):  # noqa: N818 - the answer
    """A command cannot be carried out as asked. The text says why and what to do; `status` is the exit code."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.status = status


def sentence(error: BaseException) -> str:
    """The error as one line for the terminal.

    The texts of our own errors are written for people and hold no values, so they are shown. Another library's text
    may quote what it choked on, so of those only the class and the place in our code are.
    """
    if type(error).__module__.partition(".")[0] in {"router", "channels"}:
        return f"alertveil: {error}"
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}:
        return f"alertveil: It could not be written: {os.strerror(error.errno).lower()}."
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "/router/" in frame.filename]
    place = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return f"alertveil: It failed in a way nobody foresaw ({type(error).__name__}{place}); please report that as a bug."
