"""Capturing through PortAudio (https://www.portaudio.com) by PyAudio, the extra `mic`."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from assistant.audio.capture import Capture, DeviceError, Inbox, InputDevice
from assistant.audio.priority import real_time
from assistant.audio.source import SAMPLE_RATE, NoAudioLibraryError
from assistant.config.extras import install_command

_LOG = logging.getLogger(__name__)
_BUFFERS_PER_S = 50
"""20 ms at a time: half the wake-ups of a frame at a time, and no end-point moves by it."""

Library = Any
"""PyAudio's module, or its PortAudio handle; it has no types."""

_ALSA_SILENCE = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
)(lambda *_: None)
_JACK_SILENCE = ctypes.CFUNCTYPE(None, ctypes.c_char_p)(lambda _: None)
"""Handlers that the libraries keep, so they live as long as this module."""


class PortAudio:
    """A `Driver`. PortAudio sees devices only when it starts, so every call starts it again."""

    def __init__(self) -> None:
        try:
            import pyaudio  # noqa: PLC0415 - an optional extra
        except ImportError as error:
            message = (
                f"the microphone needs PyAudio ({error}); "
                f"install it: sudo apt install portaudio19-dev, then {install_command('mic')}"
            )
            raise NoAudioLibraryError(message) from None
        self._pyaudio = pyaudio
        _quiet_libraries()

    def devices(self) -> Sequence[InputDevice]:
        """The input devices that there are now."""
        library = self._pyaudio.PyAudio()
        try:
            return _inputs(library)
        finally:
            library.terminate()

    def open(self, device: InputDevice, channels: int, inbox: Inbox) -> Capture:
        """Capture from a device into the inbox; raises `DeviceError`."""
        library = self._pyaudio.PyAudio()
        try:
            return _Stream(self._pyaudio, library, _again(library, device), channels, inbox)
        except BaseException as error:
            library.terminate()
            if isinstance(error, OSError | ValueError):
                raise DeviceError(_reason(error)) from None
            raise


class _Stream:
    """An open PortAudio stream; owns the library it was opened with."""

    def __init__(
        self,
        pyaudio: Library,
        library: Library,
        device: InputDevice,
        channels: int,
        inbox: Inbox,
    ) -> None:
        if channels > device.channels:
            raise DeviceError(f"it has {device.channels} channels, not {channels}")
        self._library = library
        self.channels = channels
        self.rate = _rate(pyaudio, library, device, channels)
        with _silence():
            self._stream = library.open(
                format=pyaudio.paInt16,
                channels=channels,
                rate=self.rate,
                input=True,
                input_device_index=device.index,
                frames_per_buffer=self.rate // _BUFFERS_PER_S,
                stream_callback=_callback(pyaudio, channels, inbox),
            )

    def alive(self) -> bool:
        """Whether the device still captures."""
        try:
            return bool(self._stream.is_active())
        except OSError:
            return False

    def close(self) -> None:
        """Let the device go."""
        try:
            self._stream.close()
        except OSError as error:
            _LOG.debug("closing the microphone: %s", error)
        finally:
            self._library.terminate()


def _callback(
    pyaudio: Library,
    channels: int,
    inbox: Inbox,
) -> Callable[[bytes, int, Mapping[str, float], int], tuple[None, int]]:
    """What PortAudio calls in its own thread for every buffer."""
    begun = False

    def take(data: bytes, _count: int, _time: Mapping[str, float], status: int) -> tuple[None, int]:
        nonlocal begun
        if not begun:
            begun = True
            if not real_time():
                _LOG.debug("the microphone is read without real-time priority: docs/service.md")
        samples = np.frombuffer(data, np.int16).reshape(-1, channels).astype(np.float32)
        samples /= 32768.0
        inbox.put(samples, overrun=bool(status & pyaudio.paInputOverflow))
        return None, pyaudio.paContinue

    return take


def _inputs(library: Library) -> list[InputDevice]:
    try:
        default = library.get_default_input_device_info()["index"]
    except OSError:
        default = None
    infos = [library.get_device_info_by_index(at) for at in range(library.get_device_count())]
    return [
        InputDevice(
            index=info["index"],
            name=info["name"],
            channels=info["maxInputChannels"],
            rate=round(info["defaultSampleRate"]),
            default=info["index"] == default,
        )
        for info in infos
        if info["maxInputChannels"] > 0
    ]


def _again(library: Library, device: InputDevice) -> InputDevice:
    """The same device in a PortAudio that was started since; its number may have changed."""
    for each in _inputs(library):
        if each.name == device.name:
            return each
    raise DeviceError("it is gone")


def _rate(pyaudio: Library, library: Library, device: InputDevice, channels: int) -> int:
    """16 kHz where the device has it, else its own rate."""
    try:
        library.is_format_supported(
            SAMPLE_RATE,
            input_device=device.index,
            input_channels=channels,
            input_format=pyaudio.paInt16,
        )
    except ValueError:
        return device.rate
    return SAMPLE_RATE


def _reason(error: OSError | ValueError) -> str:
    """PortAudio's own words: the text among the exception's arguments."""
    return next((str(part) for part in error.args if isinstance(part, str)), str(error))


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Nothing on standard error: PortAudio prints lines of its own source when an open fails.

    What others write meanwhile is lost too, but while no microphone is open nothing goes on.
    """
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def _quiet_libraries() -> None:
    """Keep ALSA and JACK from writing to standard error about devices that nobody asked for."""
    for name, quiet in (("libasound.so.2", _quiet_alsa), ("libjack.so.0", _quiet_jack)):
        try:
            quiet(ctypes.CDLL(name))
        except (OSError, AttributeError):
            continue  # not there, so not loud


def _quiet_alsa(library: ctypes.CDLL) -> None:
    library.snd_lib_error_set_handler(_ALSA_SILENCE)


def _quiet_jack(library: ctypes.CDLL) -> None:
    library.jack_set_error_function(_JACK_SILENCE)
    library.jack_set_info_function(_JACK_SILENCE)
