"""Pictures of a camera, and whether somebody in them faces it, by OpenCV (the `camera` extra).

A face from the front is found by OpenCV's cascade of simple features (Viola and Jones, "Rapid
object detection using a boosted cascade of simple features", 2001; Lienhart and Maydt, 2002). It
finds no profiles, which is what is wanted: who looks elsewhere does not speak to the device.
"""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.config.extras import install_command
from assistant.errors import HearthError

Grey = NDArray[np.uint8]

_CASCADE = "haarcascade_frontalface_alt2.xml"
_WIDTH = 480
"""Pictures are made so narrow. A face is found from a twelfth of that on, some 1.5 m away."""
_STEP = 1.15
_NEIGHBOURS = 3
_LEAST_FACE = 20


class CameraError(HearthError):
    """A camera cannot be used; the message says what to do."""


class Faces:
    """Finds faces; raises `CameraError` where the package is missing."""

    def __init__(self) -> None:
        try:
            import cv2  # noqa: PLC0415 - an optional extra, and heavy
            from cv2.data import haarcascades  # noqa: PLC0415 - version 5 has none
            from cv2.utils import logging as log  # noqa: PLC0415
        except (ImportError, OSError) as error:
            hint = install_command("camera")
            raise CameraError(f"a camera needs an extra ({error}): {hint}") from None
        cv2.setNumThreads(1)
        log.setLogLevel(log.LOG_LEVEL_SILENT)  # what goes wrong is said here
        self.cv2 = cv2
        self._cascade = cv2.CascadeClassifier(str(Path(haarcascades) / _CASCADE))

    def any(self, picture: Grey) -> bool:
        """Whether somebody in a picture, uint8 [height, width], faces the camera."""
        height, width = picture.shape
        size = (_WIDTH, max(1, round(height * _WIDTH / width)))
        small = self.cv2.resize(picture, size, interpolation=self.cv2.INTER_AREA)
        found = self._cascade.detectMultiScale(
            self.cv2.equalizeHist(small),
            scaleFactor=_STEP,
            minNeighbors=_NEIGHBOURS,
            minSize=(_LEAST_FACE, _LEAST_FACE),
        )
        return len(found) > 0


class Pictures:
    """A camera (`/dev/video0`), or a film in its place; opened when it is made.

    Raises `CameraError`. It blocks: ask it in a thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._faces = Faces()
        self._lock = threading.Lock()
        try:
            there = path.exists()
        except OSError as error:
            raise CameraError(f"no camera is found at {path}: {error.strerror}") from None
        if not there:
            raise CameraError(
                f"there is no camera {path}: plug it in, or look for its name in /dev/v4l/by-id"
            )
        cv2 = self._faces.cv2
        self._capture = cv2.VideoCapture(str(path))
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the newest picture, none from before
        if not self._capture.isOpened():
            raise CameraError(
                f"{path} cannot be opened as a camera: another program may have it, or this user "
                "lacks the group `video`"
            )

    def face(self) -> bool:
        """Whether somebody faces it in the next picture; raises `CameraError`."""
        with self._lock:
            there, picture = self._capture.read()
        if not there:
            raise CameraError(f"no more pictures come from {self._path}: plug it in again")
        grey = self._faces.cv2.cvtColor(picture, self._faces.cv2.COLOR_BGR2GRAY)
        return self._faces.any(np.asarray(grey, np.uint8))

    def close(self) -> None:
        """Let go of it, when the picture that is being taken is there."""
        with self._lock:
            self._capture.release()
