import os
import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest

from assistant.app.doctor import Verdict, examine, healthy
from assistant.app.doctor.people import other_voices
from assistant.app.speakers import MODEL_FOLDER
from assistant.asr.networks.manifest import FILES, Manifest, read_manifest, write_manifest
from assistant.audio import speex_echo
from assistant.audio.capture import InputDevice
from assistant.audio.source import NoAudioLibraryError
from assistant.config import MODELS_FOLDER, Settings, load
from assistant.config.hearing import RecogniserSettings
from assistant.edge import native
from assistant.home.factory import TOKEN_VARIABLE
from assistant.speaker.manifest import read_manifest as read_speaker_manifest
from assistant.speaker.profiles import Profile, Profiles
from tests.asr.sherpa_exports import write_export
from tests.rescoring.lattices import TOKEN, serving

EDGE = MODELS_FOLDER / "en-small" / "model.edge"
DEVICES = (
    InputDevice(index=0, name="HDA Intel", channels=2, rate=44_100, default=True),
    InputDevice(index=3, name="ReSpeaker 4 Mic Array", channels=6, rate=16_000, default=False),
)


class Sound:
    """A driver with two devices."""

    def devices(self):
        return DEVICES


class NoLibrary:
    def __init__(self):
        raise NoAudioLibraryError("the microphone needs PyAudio")


@pytest.fixture
def examined(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for program in ("aplay", "espeak-ng"):
        file = tmp_path / "bin" / program
        file.parent.mkdir(exist_ok=True)
        file.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    model = tmp_path / "model"
    model.mkdir()
    for name in FILES:
        (model / name).write_bytes(name.encode())
    write_manifest(model, Manifest(name="tiny", language="en", licence="CC0"))

    async def examined(text="", driver=Sound, runtime="onnx"):
        path = tmp_path / "config.yaml"
        recogniser = f"recogniser: {{model: ./model, runtime: {runtime}}}\n"
        path.write_text(recogniser + text, encoding="utf-8")
        return await examine(load(path), driver)

    return examined


def said(findings, verdict):
    return [f"{each.about}: {each.message}" for each in findings if each.verdict is verdict]


async def test_a_sound_installation_is_all_right(examined, tmp_path):
    findings = await examined()
    assert healthy(findings)
    assert said(findings, Verdict.HINT) == []
    lines = said(findings, Verdict.OK)
    assert f"configuration: {tmp_path / 'config.yaml'}" in lines
    assert "microphone: in use: 0 'HDA Intel', 44100 Hz" in lines
    assert "microphone: 3 'ReSpeaker 4 Mic Array', 16000 Hz" in lines
    assert "wake word: okay nabu (micro)" in lines
    assert f"recogniser: tiny in {tmp_path / 'model'}, 0.0 MB, checksums right" in lines
    assert "home: demo, 44 devices in 9 areas" in lines
    assert "plugins: clock 1.0, 11 sentences: Says the time and the date." in lines
    assert f"timers: kept in {tmp_path / 'state' / 'hearth'}" in lines


async def test_a_broken_model_names_the_file(examined, tmp_path):
    (tmp_path / "model" / "joiner.onnx").write_bytes(b"cut off")
    problems = said(await examined(), Verdict.PROBLEM)
    assert len(problems) == 1
    assert "joiner.onnx is not the file that the manifest lists" in problems[0]


async def test_the_model_of_the_first_pass_is_tried(examined, tmp_path):
    folder = tmp_path / "model"
    write_manifest(folder, replace(read_manifest(folder), streaming_model="small"))
    (problem,) = said(await examined(), Verdict.PROBLEM)
    assert "small is no folder" in problem
    shutil.copytree(MODELS_FOLDER / "en-stream", tmp_path / "small")
    findings = await examined()
    assert f"recogniser: small in {tmp_path} hears the stream" in said(findings, Verdict.OK)


async def test_a_model_for_the_other_runtime_says_which(examined, tmp_path):
    shutil.rmtree(tmp_path / "model")
    shutil.copytree(MODELS_FOLDER / "en-mini", tmp_path / "model")
    findings = await examined()
    (line,) = [line for line in said(findings, Verdict.PROBLEM) if line.startswith("recogniser")]
    assert "set recogniser.runtime to edge" in line
    assert not [
        line
        for line in said(await examined(runtime="edge"), Verdict.PROBLEM)
        if line.startswith(("recogniser", "edge runtime"))
    ]


async def test_the_edge_runtime_wants_no_onnx_files(examined, tmp_path, monkeypatch):
    monkeypatch.setattr(native, "lost", lambda: None)
    for name in FILES:
        (tmp_path / "model" / name).unlink()
    shutil.copy(EDGE, tmp_path / "model" / "model.edge")
    findings = await examined(runtime="edge")
    assert healthy(findings)
    (line,) = [line for line in said(findings, Verdict.OK) if line.startswith("edge runtime")]
    assert "model.edge" in line
    (tmp_path / "model" / "manifest.json").unlink()
    assert healthy(await examined(runtime="edge"))
    (tmp_path / "model" / "model.edge").unlink()
    (problem,) = said(await examined(runtime="edge"), Verdict.PROBLEM)
    assert problem.startswith("edge runtime: ")


async def test_the_list_of_words_is_checked_for_either_runtime(examined, tmp_path):
    folder = tmp_path / "model"
    (folder / "words.txt").write_text("words")
    write_manifest(folder, Manifest(name="tiny", language="en", licence="CC0"))
    shutil.copy(EDGE, folder / "model.edge")
    (folder / "words.txt").write_text("cut")
    for runtime in ("onnx", "edge"):
        (problem,) = said(await examined(runtime=runtime), Verdict.PROBLEM)
        assert "words.txt is not the file that the manifest lists" in problem


async def test_a_published_model_is_tried(examined, tmp_path):
    shutil.rmtree(tmp_path / "model")
    write_export(tmp_path / "model", "lstm")
    (line,) = [line for line in said(await examined(), Verdict.OK) if "recogniser" in line]
    assert line.endswith("MB, runs (it has no checksums)")
    (tmp_path / "model" / "joiner-epoch-99-avg-1.onnx").unlink()
    (problem,) = said(await examined(), Verdict.PROBLEM)
    assert "joiner.onnx is missing: copy it from the published model" in problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("audio: {device: Blue Yeti}", "microphone: there is no microphone 'Blue Yeti'"),
        (
            "audio: {satellite: 'tcp://127.0.0.1:1'}",
            "satellite: tcp://127.0.0.1:1 cannot be reached",
        ),
        ("audio: {channels: 4}", "microphone: it has 2 channels, not 4"),
        ("wake: {words: [./computer.json]}", "wake word: wake word model"),
        ("personalisation: {contacts_file: lost.vcf}", "contacts: "),
        ("home: {area: Ballroom}", "home: there is no area 'Ballroom'"),
        (
            "audio: {sources: [{name: a, area: Kichen}]}",
            "home: there is no area 'Kichen' (audio.sources, a)",
        ),
        ("home: {kind: home_assistant, url: 'http://localhost:1'}", "home: There is no token"),
        ("understanding: {sentences: lost}", "sentences: "),
        ("understanding: {plugins: lost}", "plugins: "),
        ("people: {Ben: {deny: [lcoks, lights]}}", "people: 'lcoks' is denied"),
    ],
)
async def test_what_is_wrong_is_said_once_and_the_rest_is_examined(examined, text, problem):
    findings = await examined(text)
    (found,) = said(findings, Verdict.PROBLEM)
    assert found.startswith(problem)
    assert not healthy(findings)
    assert len(said(findings, Verdict.OK)) >= 5


async def test_a_home_that_is_away_is_not_said_to_lack_a_sensor(examined, monkeypatch):
    monkeypatch.setenv(TOKEN_VARIABLE, "x")
    home = "home: {kind: home_assistant, url: 'http://localhost:1'}\n"
    findings = await examined(f"{home}conversation: {{presence: {{entity: binary_sensor.door}}}}")
    (found,) = said(findings, Verdict.PROBLEM)
    assert found.startswith("home: ")


async def test_without_pyaudio_the_rest_is_examined(examined):
    findings = await examined(driver=NoLibrary)
    assert said(findings, Verdict.PROBLEM) == ["microphone: the microphone needs PyAudio"]


async def test_own_sentences_are_counted_and_unheard_ones_named(examined, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "a.yaml").write_text(
        "intents:\n"
        "  HassNevermind: {data: [{sentences: [drop it, leave it]}]}\n"
        "  MakeTea: {data: [{sentences: [make tea]}]}\n"
    )
    findings = await examined("understanding: {sentences: own}")
    assert f"sentences: 3 of your own from {own / 'a.yaml'}" in said(findings, Verdict.OK)
    (hint,) = said(findings, Verdict.HINT)
    assert "no plugin carries out the intent 'MakeTea'" in hint


async def test_mistakes_and_slips_in_own_sentences_are_told_with_their_line(examined, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "a.yml").write_text(
        "intents:\n"
        "  HassTurnOn:\n"
        "    data:\n"
        "      - {sentences: [tea is ready], slots: {name: Kettl}}\n"
        "      - {sentences: ['tea (is over'], slots: {name: Kettle}}\n"
    )
    (own / "b.yaml").write_text("language: de\n")
    findings = await examined("understanding: {sentences: own}")
    device, language = said(findings, Verdict.HINT)
    assert f"{own / 'a.yml'}, line 4: this home has no device 'Kettl'; the nearest is" in device
    assert f"{own / 'b.yaml'}, line 1, column 11: it is for the language 'de'" in language
    (problem,) = said(findings, Verdict.PROBLEM)
    assert f"{own / 'a.yml'}, line 5, column 22: this sentence cannot be read" in problem


async def test_a_bad_plugin_is_a_problem(examined, tmp_path):
    (tmp_path / "mine" / "broken").mkdir(parents=True)
    (problem,) = said(await examined("understanding: {plugins: mine}"), Verdict.PROBLEM)
    assert problem.startswith("plugins: Plugin 'broken'")


async def test_plugins_of_ones_own_are_listed_with_their_sentences(examined, tmp_path):
    tea = tmp_path / "mine" / "tea"
    tea.mkdir(parents=True)
    (tea / "manifest.yaml").write_text(
        "{name: tea, version: '0.3', description: Makes tea., interface: 1}"
    )
    (tea / "sentences.yaml").write_text("intents: {Tea: {data: [{sentences: [make tea]}]}}")
    (tea / "__init__.py").write_text(
        "class Tea:\n"
        "    name = 'tea'\n"
        "    def intents(self):\n"
        "        return ['Tea']\n"
        "def create(context):\n"
        "    return Tea()\n"
    )
    lines = said(await examined("understanding: {plugins: mine}"), Verdict.OK)
    assert "plugins: tea 0.3, 1 sentence: Makes tea." in lines
    (tea / "manifest.yaml").write_text("{name: tea, version: '0.3', interface: 1}")
    (problem,) = said(await examined("understanding: {plugins: mine}"), Verdict.PROBLEM)
    assert "manifest.yaml, line 1, column 1: `description: ...` is missing" in problem


async def test_secrets_that_others_can_read_are_pointed_out(examined, tmp_path):
    secrets = tmp_path / "secrets.yaml"
    secrets.write_text("x: y\n")
    secrets.chmod(0o644)
    (hint,) = said(await examined(), Verdict.HINT)
    assert hint == f"secrets: others on this machine can read it: chmod 600 {secrets}"
    secrets.chmod(0o600)
    assert said(await examined(), Verdict.HINT) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_state_folder_that_cannot_be_written_is_a_problem(examined, tmp_path):
    (tmp_path / "state").mkdir(mode=0o500)
    (problem,) = said(await examined(), Verdict.PROBLEM)
    assert problem.startswith("timers: ")


async def test_a_state_folder_that_is_a_file_is_a_problem(examined, tmp_path):
    (tmp_path / "state").write_text("")
    (problem,) = said(await examined(), Verdict.PROBLEM)
    assert "cannot be written" in problem


async def test_a_rescoring_server_is_asked(examined):
    def config(url):
        return f"rescoring: {{url: '{url}'}}\nprivacy: {{keep_words_local: false}}\n"

    async with serving() as url:
        assert any(
            line.startswith(f"rescoring: {url} answers; ")
            for line in said(await examined(config(url)), Verdict.OK)
        )
    async with serving(token=TOKEN) as url:
        (problem,) = said(await examined(config(url)), Verdict.PROBLEM)
    assert "the server refuses the token" in problem
    (problem,) = said(await examined(config(url)), Verdict.PROBLEM)
    assert "cannot be reached" in problem


async def test_a_rescoring_certificate_that_is_none_is_one_problem(examined):
    text = "rescoring: {url: 'https://attic', certificate: gone.pem}\n"
    (problem,) = said(
        await examined(text + "privacy: {keep_words_local: false}\n"), Verdict.PROBLEM
    )
    assert "gone.pem is no certificate" in problem


async def test_an_answer_that_nobody_would_hear_is_a_hint(examined, tmp_path):
    assert "replies: spoken by espeak" in said(await examined(), Verdict.OK)
    silent = await examined("replies: {silent: true}")
    assert "replies: silent mode: answers are only in the log" in said(silent, Verdict.OK)
    (tmp_path / "bin" / "espeak-ng").unlink()
    hints = said(await examined(), Verdict.HINT)
    assert len(hints) == 1
    assert "sudo apt install espeak-ng" in hints[0]


async def test_voices_are_told_and_their_model_checked(examined, tmp_path, monkeypatch):
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    denied = "people: {tim: {deny: [locks]}}\n"
    (found,) = [each for each in await examined(denied) if each.about == "voices"]
    assert found.verdict is Verdict.HINT
    assert "is denied to all" in found.message
    version = read_speaker_manifest(MODEL_FOLDER).version
    profiles = Profiles(tmp_path / "state" / "hearth" / "voices")
    for name, model in (("Anna", version), ("Ben", "older")):
        profiles.put(Profile(name, model, (np.ones(192, np.float32),)))
    right, old = [each for each in await examined(denied) if each.about == "voices"]
    assert right.verdict is Verdict.OK
    assert right.message.startswith("Anna, Ben; speaker-campplus")
    assert old.message == "Ben's was learned with another model: learn it again"


async def test_echo_cancellation_without_its_package_says_what_to_install(examined, monkeypatch):
    assert not any(each.about.startswith("echo") for each in await examined())
    monkeypatch.setitem(sys.modules, "livekit.rtc.apm", None)
    findings = await examined("audio: {echo_cancellation: webrtc}\n")
    (wrong,) = said(findings, Verdict.PROBLEM)
    assert wrong.startswith("echo cancellation: echo cancellation needs an extra")
    assert "[echo]" in wrong


async def test_speex_without_its_library_says_what_to_install(examined, monkeypatch):
    monkeypatch.setattr(speex_echo, "LIBRARY", "libnowhere.so.1")
    (wrong,) = said(await examined("audio: {echo_cancellation: speex}\n"), Verdict.PROBLEM)
    assert wrong.startswith("echo cancellation: echo cancellation by Speex needs a library")
    assert wrong.endswith("sudo apt install libspeexdsp1")


async def test_echo_cancellation_tells_what_it_hears(examined):
    pytest.importorskip("livekit.rtc.apm", reason="the extra `echo` is not installed")
    findings = await examined("audio: {echo_cancellation: webrtc, echo_reference: own}\n")
    assert "echo cancellation: webrtc, of what Hearth plays" in said(findings, Verdict.OK)
    findings = await examined("audio: {echo_cancellation: webrtc}\n")
    assert "echo cancellation: webrtc, of what Hearth plays" in said(findings, Verdict.OK)
    findings = await examined("audio: {echo_cancellation: webrtc, echo_reference: system}\n")
    (wrong,) = said(findings, Verdict.PROBLEM)
    assert "there is no program 'parec': sudo apt install pulseaudio-utils" in wrong


async def test_the_detector_of_whispers_is_checked(examined, tmp_path, monkeypatch):
    (found,) = [each for each in await examined("") if each.about == "whispers"]
    assert found.verdict is Verdict.OK
    assert found.message.startswith("whisper-gru-")
    monkeypatch.setattr("assistant.app.doctor.people.WHISPER_FOLDER", tmp_path)
    (found,) = [each for each in await examined("") if each.about == "whispers"]
    assert found.verdict is Verdict.PROBLEM
    assert "manifest.json cannot be read" in found.message


async def test_what_takes_other_voices_out_is_checked(examined, tmp_path, monkeypatch):
    (found,) = [each for each in await examined("") if each.about == "other voices"]
    assert found.verdict is Verdict.OK
    assert found.message.startswith("voice-filter-")
    assert not [*other_voices(Settings(recogniser=RecogniserSettings(voice_filter=False)))]
    monkeypatch.setattr("assistant.app.doctor.people.VOICE_FILTER", tmp_path)
    (found,) = [each for each in await examined("") if each.about == "other voices"]
    assert found.verdict is Verdict.PROBLEM
    assert "manifest.json cannot be read" in found.message
