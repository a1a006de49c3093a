"""Speex's echo canceller, a linear one, from Debian's `libspeexdsp1`.

https://gitlab.xiph.org/xiph/speexdsp (Valin, "On adjusting the learning rate in frequency domain
echo cancellation with double-talk", 2007). WebRTC's also silences what is left of an echo, and with
it who speaks beside music; this one leaves both, and a wake word is heard through the rest.
"""

from __future__ import annotations

import ctypes
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE, Frame, NoAudioLibraryError

LIBRARY: Final = "libspeexdsp.so.1"
REACH: Final = 8192
"""Samples that an echo may come later, half a second: buffers and the room."""
_SET_SAMPLING_RATE: Final = 24
_Samples = ctypes.POINTER(ctypes.c_int16)


class SpeexEchoCanceller:
    """An `EchoCanceller`; 10 ms take it a tenth of a millisecond.

    Raises `NoAudioLibraryError` where the library is missing.
    """

    def __init__(self) -> None:
        self._library = _library()
        self._state = ctypes.c_void_p(self._library.speex_echo_state_init(FRAME_SAMPLES, REACH))
        rate = ctypes.c_int(SAMPLE_RATE)
        self._library.speex_echo_ctl(self._state, _SET_SAMPLING_RATE, ctypes.byref(rate))

    def __del__(self) -> None:
        """Give its memory back, if it came so far."""
        if hasattr(self, "_state"):
            self._library.speex_echo_state_destroy(self._state)

    def process(self, near: Frame, far: Frame) -> Frame:
        """What was heard (int16 [160]) without the echo of what was played (int16 [160])."""
        left = np.empty(FRAME_SAMPLES, np.int16)
        heard, played = (np.ascontiguousarray(each, np.int16) for each in (near, far))
        self._library.speex_echo_cancellation(
            self._state, _pointer(heard), _pointer(played), _pointer(left)
        )
        return left


def _pointer(samples: NDArray[np.int16]) -> ctypes._Pointer[ctypes.c_int16]:
    return samples.ctypes.data_as(_Samples)


def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        hint = "sudo apt install libspeexdsp1"
        message = f"echo cancellation by Speex needs a library ({error}): {hint}"
        raise NoAudioLibraryError(message) from None
    library.speex_echo_state_init.restype = ctypes.c_void_p
    library.speex_echo_state_init.argtypes = [ctypes.c_int, ctypes.c_int]
    library.speex_echo_state_destroy.argtypes = [ctypes.c_void_p]
    library.speex_echo_ctl.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
    library.speex_echo_cancellation.argtypes = [ctypes.c_void_p, _Samples, _Samples, _Samples]
    library.speex_echo_cancellation.restype = None
    return library
