"""WebRTC's echo canceller, the third (AEC3), from the package of LiveKit (the `echo` extra).

https://webrtc.googlesource.com/src/+/main/modules/audio_processing/aec3/
"""

from __future__ import annotations

import numpy as np

from assistant.audio.source import SAMPLE_RATE, Frame, NoAudioLibraryError
from assistant.config.extras import install_command


class WebRtcEchoCanceller:
    """An `EchoCanceller`; 10 ms take it some tenths of a millisecond.

    It finds delays of up to half a second by itself, and needs a second or so of what is played to
    learn the room. Raises `NoAudioLibraryError` where the package is missing.
    """

    def __init__(self) -> None:
        try:
            from livekit.rtc.apm import (  # noqa: PLC0415 - an optional extra, and heavy
                AudioProcessingModule,
            )
            from livekit.rtc.audio_frame import AudioFrame  # noqa: PLC0415
        except (ImportError, OSError) as error:
            hint = install_command("echo")
            message = f"echo cancellation needs an extra ({error}): {hint}"
            raise NoAudioLibraryError(message) from None
        self._processing = AudioProcessingModule(echo_cancellation=True)
        self._frame = AudioFrame

    def process(self, near: Frame, far: Frame) -> Frame:
        """What was heard (int16 [160]) without the echo of what was played (int16 [160])."""
        played = self._frame(bytearray(far.tobytes()), SAMPLE_RATE, 1, far.size)
        heard = self._frame(bytearray(near.tobytes()), SAMPLE_RATE, 1, near.size)
        self._processing.process_reverse_stream(played)
        self._processing.process_stream(heard)
        return np.frombuffer(heard.data, np.int16)
