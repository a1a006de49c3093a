"""Real programs: small ones of ours, and espeak-ng where it is installed."""

import asyncio
import os
import shutil
import sys

import numpy as np
import pytest

from assistant.reply.chimes import Chime, sound_of
from assistant.reply.programs import ProgramOutlet, ProgramPlayer, ProgramVoice
from assistant.reply.sound import Sound
from assistant.reply.voice import ReplyError

ESPEAK = shutil.which("espeak-ng")


def python(code, *arguments):
    return (sys.executable, "-c", code, *map(str, arguments))


COPY = "import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())"


async def test_a_player_is_sent_a_wave_file(tmp_path):
    sound = sound_of(Chime.SUCCESS)
    await ProgramPlayer(python(COPY, tmp_path / "played.wav")).play(sound)
    played = Sound.from_wav((tmp_path / "played.wav").read_bytes())
    assert np.array_equal(played.samples, sound.samples)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("/nowhere/player",), "cannot be started: No such file"),
        (python("import sys; sys.exit('aplay: no soundcards found')"), "no soundcards found"),
        (python("import sys; sys.exit(3)"), "does not say why"),
    ],
)
async def test_a_player_that_fails_says_why(command, why):
    with pytest.raises(ReplyError, match=why):
        await ProgramPlayer(command).play(sound_of(Chime.WAKE))


async def test_a_player_ends_when_nobody_waits_for_it_any_more(tmp_path):
    code = (
        "import os, sys, time; sys.stdin.buffer.read();"
        "open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
    )
    file = tmp_path / "pid"
    os.mkfifo(file)
    playing = asyncio.create_task(ProgramPlayer(python(code, file)).play(sound_of(Chime.WAKE)))
    pid = int(await asyncio.to_thread(file.read_text))
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_voice_is_sent_the_text_on_one_line(tmp_path):
    code = (
        "import sys, wave; text = sys.stdin.read();"
        "assert text == '-v; $(reboot) two\\n', text;"
        "file = wave.open(sys.stdout.buffer, 'wb'); file.setnchannels(1); file.setsampwidth(2);"
        "file.setframerate(16000); file.writeframes(b'12' * 800)"
    )
    sound = await ProgramVoice(python(code)).speak("-v; $(reboot)\n two")
    assert (sound.samples.size, sound.rate) == (800, 16_000)


async def test_a_voice_that_gives_no_speech_is_an_error():
    with pytest.raises(ReplyError, match="gave no speech"):
        await ProgramVoice(python("print('hello')")).speak("hello")


@pytest.mark.skipif(ESPEAK is None, reason="espeak-ng is not installed")
async def test_espeak_speaks():
    voice = ProgramVoice((ESPEAK, "-v", "en-gb", "--stdin", "--stdout"))
    short, long = await voice.speak("Yes."), await voice.speak("The kitchen light is on.")
    assert 0.1 < short.length_s < long.length_s < 5
    assert np.abs(long.samples.astype(int)).max() > 3000


@pytest.mark.skipif(ESPEAK is None, reason="espeak-ng is not installed")
async def test_a_voice_that_espeak_lacks_is_said():
    with pytest.raises(ReplyError, match="does not exist"):
        await ProgramVoice((ESPEAK, "-v", "nosuch", "--stdin", "--stdout")).speak("Hello.")


async def streamed(command, *pieces):
    async with ProgramOutlet(command).opened(22_050) as line:
        for piece in pieces:
            await line.write(piece)
        await line.finish()


async def test_an_outlet_sends_a_wave_file_whose_length_nobody_knows(tmp_path):
    file = tmp_path / "played.wav"
    sound = sound_of(Chime.SUCCESS).samples
    await streamed(python(COPY, file), sound[:1000], sound[1000:1001], sound[1001:])
    played = Sound.from_wav(file.read_bytes())
    assert played.rate == 22_050
    assert np.array_equal(played.samples, sound)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("/nowhere/player",), "cannot be started: No such file"),
        (python("import sys; sys.exit('aplay: no soundcards found')"), "no soundcards found"),
        (python("import sys; sys.stdin.buffer.read(99); sys.exit('gone')"), "gone"),
        (python("import sys; sys.stdin.buffer.read(); sys.exit(3)"), "does not say why"),
    ],
)
async def test_an_outlet_that_fails_says_why(command, why):
    with pytest.raises(ReplyError, match=why):
        await streamed(command, *[np.zeros(22_050, np.int16)] * 20)


async def test_an_outlet_waits_for_a_slow_program(tmp_path):
    code = (
        "import sys, time; data = sys.stdin.buffer.read(4096); time.sleep(0.2);"
        "open(sys.argv[1], 'wb').write(data + sys.stdin.buffer.read())"
    )
    much = np.arange(200_000).astype(np.int16)
    await streamed(python(code, tmp_path / "slow.wav"), much)
    assert np.array_equal(Sound.from_wav((tmp_path / "slow.wav").read_bytes()).samples, much)


async def test_an_outlet_that_is_left_ends_its_program_at_once():
    code = "import os, sys, time; sys.stdin.buffer.read(44); time.sleep(600)"
    async with ProgramOutlet(python(code)).opened(16_000) as line:
        process = line._process
        assert process.returncode is None
    assert process.returncode == -9
