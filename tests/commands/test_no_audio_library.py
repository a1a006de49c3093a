"""Without PyAudio the microphone cannot be had, and the service manager must not try for ever."""

import sys


def test_it_says_what_to_install_and_is_not_started_again(assistant, scripted, monkeypatch):
    scripted()
    monkeypatch.setitem(sys.modules, "pyaudio", None)
    ran = assistant("listen", "mic")
    assert ran.status == 2
    assert "needs PyAudio" in ran.err
