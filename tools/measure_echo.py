"""How well Hearth hears beside its own voice, in simulated rooms.

    python -m tools.measure_echo cancel [--talk LIST.tsv]
    python -m tools.measure_echo itself [--replies 100]
    python -m tools.measure_echo interrupt --talk LIST.tsv [--replies 40]

`cancel`: decibels of echo that are removed, and of somebody's speech beside it that are lost.
`itself`: how often it answers itself. Replies are spoken by espeak-ng and played through a room
into the microphone of the real pipeline; nothing should come of it.
`interrupt`: milliseconds from the first sound of who speaks over a reply until it is turned down,
silent, and stopped for good; and how many replies are stopped at all. `--talk`: a list (path, ...)
of recordings. Rooms are drawn by training/augment.py, the loudspeaker begins up to 30 ms late.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
import io
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from assistant.app.assembly import Listening, make_follow_ups, make_pipeline
from assistant.app.echo import make_canceller
from assistant.app.household import make_household
from assistant.app.recognition import load_recogniser
from assistant.asr.result import Recogniser
from assistant.audio.echo import EchoCancelled, Reference
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE
from assistant.audio.vad import SileroVad
from assistant.config.hearing import AudioSettings, EchoCancellation
from assistant.config.settings import Settings
from assistant.events import Event, Interrupted, Reply
from assistant.pipeline.worker import Worker
from assistant.reply.own_voice import OwnVoice
from assistant.reply.sound import Sound
from assistant.reply.speaker import ReplyStyle, Speaker
from assistant.reply.streamed import StreamedPlayer
from assistant.reply.volume import Level, Volume
from tests.echo_room import EchoRoom
from training.augment import room

REPLIES = (
    "Turned on the Kitchen light.",
    "It is twenty past seven in the evening.",
    "Which one do you mean: the Desk lamp in the Office or the Desk lamp in the Kids room?",
    "Did you mean: turn on the kitchen light?",
    "The timer for the pasta has four minutes and twenty seconds left.",
    "I did not understand that.",
    "Your shopping list has milk, bread, butter, two lemons and coffee.",
    "Did you ask me to unlock the Front door? Then say yes.",
    "The temperature in the Living room is twenty one degrees.",
    "Turned off the Hallway light and the Bedroom light, and closed the blinds.",
    "There is no timer to stop.",
    "Say stop to end it, or set a timer for ten minutes.",
)
VOICES = ("en-gb", "en-us", "en-gb-x-rp", "en-us+f3")
ECHO = (0.3, 1.0)
"""How loud the loudspeaker is at the microphone, of full scale."""
SPEECH_DB = (-5.0, 10.0)
"""How much louder than the echo somebody speaks."""
PAUSE_S = 1.0
SETTLED = 2
"""After so many replies the canceller knows the room."""
LATE_S = 0.03
BEGIN_S = (0.5, 1.2)
"""So long after the beginning of a reply somebody speaks over it."""
QUIET_FRAMES = 10

Audio = NDArray[np.int16]


def spoken(text: str, voice: str) -> Audio:
    """A reply, by espeak-ng: int16 [n] at 16 kHz."""
    command = ["espeak-ng", "-v", voice, "--stdout", text]
    wav = subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="int16")
    return np.asarray(soxr.resample(samples, rate, SAMPLE_RATE), np.int16)


def decibels(samples: NDArray[np.generic]) -> float:
    """The level of some audio."""
    return float(10 * np.log10(np.mean(np.asarray(samples, np.float64) ** 2) + 1e-3))


def talk(file: Path, count: int) -> Iterator[Audio]:
    """Recordings of a list, evenly chosen, from their first speech on: int16 [n]."""
    lines = file.read_text("utf-8").splitlines()[1:]
    for line in lines[:: max(1, len(lines) // count)]:
        samples, rate = soundfile.read(file.parent / line.split("\t")[0], dtype="int16")
        begin = onset(samples) if rate == SAMPLE_RATE and samples.ndim == 1 else None
        if begin is not None:
            yield samples[begin:]


def onset(samples: Audio) -> int | None:
    """Where speech begins: where Silero is sure for 60 ms, less the chunk that it needs."""
    voice, rising = SileroVad(), 0
    for at in range(0, samples.size - FRAME_SAMPLES, FRAME_SAMPLES):
        rising = rising + 1 if voice.process(samples[at : at + FRAME_SAMPLES]) > 0.5 else 0  # noqa: PLR2004
        if rising == 6:  # noqa: PLR2004
            return max(0, at - 5 * FRAME_SAMPLES - 512)
    return None


class Logged(Volume):
    """Remembers when it was changed."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.changes: list[tuple[float, Level]] = []
        self._now = now
        super().__init__()

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, Level) and value is not getattr(self, name, Level.FULL):
            self.changes.append((self._now(), value))
        super().__setattr__(name, value)


class Espeak:
    """A `Voice` whose samples have the microphone's rate."""

    def __init__(self) -> None:
        self.voice = VOICES[0]

    async def speak(self, text: str) -> Sound:
        """The text, spoken."""
        return Sound(spoken(text, self.voice), SAMPLE_RATE)


@dataclass
class Scene:
    """One room with a Hearth in it."""

    random: np.random.Generator
    room: EchoRoom
    speaker: Speaker
    volume: Logged
    heard: EchoCancelled
    own_voice: OwnVoice
    voice: Espeak
    said: asyncio.Event
    events: list[Event] = field(default_factory=list)
    left: list[Audio] = field(default_factory=list)
    name: str = "mic"

    @classmethod
    def make(cls, seed: int, kind: EchoCancellation) -> Scene:
        """A room of chance."""
        canceller = make_canceller(AudioSettings(echo_cancellation=kind))
        if canceller is None:
            raise SystemExit("without an echo canceller it hears nothing but itself")
        random = np.random.default_rng(seed)
        impulse = room(random) * random.uniform(*ECHO)
        here = EchoRoom(impulse, latency_s=lambda: float(random.uniform(0, LATE_S)), seed=seed)
        reference = Reference(here.clock)
        cleaned = EchoCancelled(here, canceller, reference, ahead_frames=1)
        volume, own_voice = Logged(here.clock.now), OwnVoice()
        voice, said = Espeak(), asyncio.Event()
        player = StreamedPlayer(here, reference, volume, here.clock)
        speaker = Speaker(
            *(voice, player, own_voice, ReplyStyle(frozenset())), lambda _reply, _at_s: said.set()
        )
        return cls(random, here, speaker, volume, cleaned, own_voice, voice, said)

    async def frames(self) -> AsyncIterator[Audio]:
        """What is left of what is heard; kept as well."""
        async for frame in self.heard.frames():
            self.left.append(frame)
            yield frame

    async def say(self, number: int) -> tuple[str, float]:
        """Begin to say a reply of Hearth's; its text, and when it begins."""
        await self.room.clock.sleep(PAUSE_S)
        self.said.clear()
        self.voice.voice = VOICES[number % len(VOICES)]
        text = REPLIES[number % len(REPLIES)]
        self.speaker.follow(Reply(source="mic", audio_s=self.room.clock.now(), text=text))
        while not self.own_voice.speaks:
            await self.room.clock.sleep(0.02)
        return text, self.room.clock.now()

    async def until_said(self) -> None:
        """Wait until the reply has ended or was stopped, and the room is quiet."""
        while self.own_voice.speaks:
            await self.room.clock.sleep(0.1)


async def listen(scene: Scene, settings: Settings, recogniser: Recogniser) -> None:
    """The real pipeline in a scene, and Hearth's answers said there."""
    worker = Worker()
    house = make_household(settings)
    await house.start()
    follow_ups = make_follow_ups(settings)
    listening = Listening(
        own_voice=scene.own_voice,
        follow_ups=follow_ups,
        volume=scene.volume,
        clear=scene.heard.works_at,
    )
    pipeline = make_pipeline(settings, house, recogniser, worker, listening)
    speaking = asyncio.create_task(scene.speaker.run())
    try:
        async for event in pipeline.events(scene.own_voice.over(scene)):
            scene.events.append(event)
            scene.speaker.follow(event)
    finally:
        speaking.cancel()
        await house.close()
        worker.close()


def itself(args: argparse.Namespace) -> None:
    """How often it answers itself."""
    settings, each = Settings(), max(1, args.replies // args.rooms)
    recogniser = load_recogniser(settings)
    replies = answers = interrupted = turned_down = 0
    for seed in range(args.rooms):
        scene = Scene.make(seed, args.canceller)

        async def script(scene: Scene = scene, seed: int = seed) -> None:
            for number in range(each):
                await scene.say(number + seed * each)
                await scene.until_said()
            await scene.room.clock.sleep(PAUSE_S)
            scene.room.over.set()

        async def both(scene: Scene = scene) -> None:
            await asyncio.gather(listen(scene, settings, recogniser), script())

        asyncio.run(both())
        replies += each
        answers += sum(isinstance(event, Reply) for event in scene.events)
        interrupted += sum(isinstance(event, Interrupted) for event in scene.events)
        turned_down += sum(level is Level.LOW for _, level in scene.volume.changes)
        for event in scene.events:
            print(event.to_json())
        print(
            f"room {seed}: {each} replies, {len(scene.events)} events,"
            f" turned down {len(scene.volume.changes)}"
        )
    print(
        f"{replies} replies: it answered itself {answers} times, interrupted itself {interrupted},"
    )
    print(f"    and turned itself down for a moment {turned_down}")


@dataclass(frozen=True, slots=True)
class Interruption:
    """Milliseconds from the first sound of who speaks over a reply; `None`: never."""

    lowered: float | None
    silent: float | None
    stopped: float | None


def interruption(scene: Scene, begin_s: float, end_s: float) -> Interruption:
    """What came of speech that begins there."""

    def after(moment_s: float | None) -> float | None:
        return None if moment_s is None else 1000 * (moment_s - begin_s)

    lowered = next((at for at, level in scene.volume.changes if at > begin_s), None)
    first, last = (round(s * SAMPLE_RATE / FRAME_SAMPLES) for s in (begin_s, end_s))
    quiet = [not frame.any() for frame in scene.room.played[first:last]]
    runs = (at for at in range(len(quiet)) if all(quiet[at : at + QUIET_FRAMES]))
    silent = next(runs, None)
    stops = (e.audio_s for e in scene.events if isinstance(e, Interrupted))
    stopped = next((at for at in stops if begin_s < at < end_s), None)
    return Interruption(after(lowered), None if silent is None else 10.0 * silent, after(stopped))


def interrupt(args: argparse.Namespace) -> None:
    """How soon it falls silent for who speaks over it."""
    settings, each = Settings(), max(1, args.replies // args.rooms)
    recogniser = load_recogniser(settings)
    said = list(talk(args.talk, args.replies))
    found: list[Interruption] = []
    for seed in range(args.rooms):
        scene = Scene.make(1000 + seed, args.canceller)

        async def script(scene: Scene = scene, seed: int = seed) -> None:
            for number in range(SETTLED):
                _, at_s = await scene.say(number)
                await scene.until_said()
                echo_db = decibels(np.concatenate(scene.room.heard[round(100 * at_s) :]))
            for number in range(each):
                user = said[(seed * each + number) % len(said)][: 4 * SAMPLE_RATE]
                _, begin_s = await scene.say(2 + 2 * (number % 5))
                begin_s = begin_s + scene.random.uniform(*BEGIN_S)
                loud = echo_db + scene.random.uniform(*SPEECH_DB)
                louder = 10 ** ((loud - decibels(user)) / 20)
                audio = np.clip(user * louder, -32768, 32767).astype(np.int16)
                scene.room.say(audio, begin_s - scene.room.clock.now())
                await scene.until_said()
                end_s = scene.room.clock.now()
                await scene.room.clock.sleep(user.size / SAMPLE_RATE + PAUSE_S)
                found.append(interruption(scene, begin_s, end_s + 1.0))
                print(seed, number, found[-1])
            scene.room.over.set()

        async def both(scene: Scene = scene) -> None:
            await asyncio.gather(listen(scene, settings, recogniser), script())

        asyncio.run(both())
    for name in Interruption.__dataclass_fields__:
        values = [v for each_ in found if (v := getattr(each_, name)) is not None]
        share = 100 * len(values) / len(found)
        middle, most = np.percentile(values, [50, 90]) if values else (np.nan, np.nan)
        print(f"{name}: {share:.0f} % of {len(found)}, median {middle:.0f} ms, 90 % {most:.0f} ms")


def cancel(args: argparse.Namespace) -> None:
    """What is removed, and what is lost."""
    first, later, lost = [], [], []
    for seed in range(args.rooms):
        scene = Scene.make(seed, args.canceller)
        user = list(talk(args.talk, 8 * args.rooms))[8 * seed :] if args.talk else []
        spans, beside = asyncio.run(_cancelled(scene, user))
        near = np.concatenate(scene.room.heard)
        left = np.concatenate(scene.left)
        removed = [decibels(near[a:b]) - decibels(left[a:b]) for a, b in spans]
        first.append(removed[0])
        later += removed[SETTLED:]
        lost += [decibels(speech) - decibels(left[a : a + speech.size]) for a, speech in beside]
    print(
        f"echo removed: {np.median(first):.1f} dB of the first reply in each of {args.rooms} rooms,"
    )
    print(f"    {np.median(later):.1f} dB of the third and later, 10 % below {_low(later):.1f} dB")
    if lost:
        high = np.percentile(lost, 90)
        print(f"speech beside it lost: {np.median(lost):.1f} dB, 10 % above {high:.1f} dB")


def _low(values: Sequence[float]) -> float:
    return float(np.percentile(values, 10))


async def _cancelled(
    scene: Scene, user: Sequence[Audio]
) -> tuple[list[tuple[int, int]], list[tuple[int, Audio]]]:
    """Replies alone, then with somebody speaking beside them: where they and the speech are."""
    spans: list[tuple[int, int]] = []
    beside: list[tuple[int, Audio]] = []
    speaking = asyncio.create_task(scene.speaker.run())

    async def script() -> None:
        for number in range(6 + min(6, len(user))):
            _, begin_s = await scene.say(number)
            begin = round(begin_s * SAMPLE_RATE)
            if number >= 6:  # noqa: PLR2004
                speech = user[number - 6][:SAMPLE_RATE].astype(np.float64)
                loud = scene.random.uniform(*SPEECH_DB) + np.median(
                    [decibels(np.concatenate(scene.room.heard)[a:b]) for a, b in spans]
                )
                speech *= 10 ** ((loud - decibels(speech)) / 20)
                audio = np.clip(speech, -32768, 32767).astype(np.int16)
                beside.append((begin + SAMPLE_RATE // 2, audio))
                scene.room.say(audio, 0.5)
            await scene.until_said()
            if number < 6:  # noqa: PLR2004
                spans.append((begin, scene.room.clock.samples))
        scene.room.over.set()

    async def hear() -> None:
        async for _ in scene.own_voice.over(scene).frames():
            pass

    await asyncio.gather(hear(), script())
    speaking.cancel()
    return spans, beside


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["cancel", "itself", "interrupt"])
    parser.add_argument("--replies", type=int, default=100)
    parser.add_argument("--rooms", type=int, default=5)
    parser.add_argument("--talk", type=Path)
    parser.add_argument("--canceller", choices=["webrtc", "speex"], default="webrtc")
    args = parser.parse_args()
    if shutil.which("espeak-ng") is None:
        raise SystemExit("it needs espeak-ng: sudo apt install espeak-ng")
    if args.what == "interrupt" and args.talk is None:
        raise SystemExit("interrupt needs --talk LIST.tsv, recordings of who speaks")
    {"cancel": cancel, "itself": itself, "interrupt": interrupt}[args.what](args)


if __name__ == "__main__":
    main()
