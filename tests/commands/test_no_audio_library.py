"""Without PyAudio the microphone cannot be had, and the service manager must not try for ever."""

import sys


def test_it_says_what_to_install_and_is_not_started_again(assistant, scripted, monkeypatch):
    scripted()
    monkeypatch.setitem(sys.modules, "pyaudio", None)
    ran = assistant("listen", "mic")
    assert ran.status == 2
    assert "needs PyAudio" in ran.err


def test_without_webrtc_its_voice_activity_is_refused_before_anything_is_heard(
    assistant, scripted, monkeypatch, tmp_path
):
    scripted()
    monkeypatch.setitem(sys.modules, "webrtcvad", None)
    (tmp_path / "config.yaml").write_text("audio: {voice_activity: webrtc}\n")
    ran = assistant("listen", "gone.wav")
    assert ran.status == 2
    assert ran.out == ""
    assert "[webrtc]" in ran.err
