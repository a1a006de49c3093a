import numpy as np
import pytest

from assistant.reply.chimes import Chime, sound_of
from assistant.reply.sound import Sound


def test_a_sound_is_the_same_after_a_wave_file():
    sound = Sound(np.arange(-500, 500, dtype=np.int16), 22_050)
    again = Sound.from_wav(sound.wav())
    assert again.rate == 22_050
    assert np.array_equal(again.samples, sound.samples)
    assert again.length_s == pytest.approx(1000 / 22_050)


def test_what_is_no_wave_file_is_refused():
    for wav in (b"", b"RIFF", b"not found\n" * 100):
        with pytest.raises(ValueError, match="no wave file"):
            Sound.from_wav(wav)


@pytest.mark.parametrize("chime", Chime)
def test_a_chime_is_short_quiet_and_without_clicks(chime):
    sound = sound_of(chime)
    assert sound.length_s < 0.4
    loudest = np.abs(sound.samples.astype(int)).max()
    assert 2000 < loudest < 8000
    assert abs(int(sound.samples[0])) < 50
    assert abs(int(sound.samples[-1])) < 50


def test_success_rises_and_failure_falls():
    def pitch_hz(samples, rate):
        return np.abs(np.fft.rfft(samples)).argmax() * rate / samples.size

    for chime, rises in ((Chime.WAKE, True), (Chime.SUCCESS, True), (Chime.FAILURE, False)):
        sound = sound_of(chime)
        third = sound.samples.size // 3
        first, last = sound.samples[:third], sound.samples[-third:]
        higher = pitch_hz(last, sound.rate) > pitch_hz(first, sound.rate)
        assert bool(higher) is rises, chime
