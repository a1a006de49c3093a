"""The command line: parse, call one function, print; nothing else."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from assistant import __version__, commands

_LATTICE_FORMS = ("json", "slf", "svg")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status: 0 success, 2 what only the user mends, 1 any other."""
    given = sys.argv[1:] if arguments is None else arguments
    args = parser().parse_args(["--version"] if list(given) == ["-v"] else _joined(given))
    try:
        module = importlib.import_module(f"assistant.commands.{args.command}")
        return int(module.run(args))
    except KeyboardInterrupt:
        return 1
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        status = commands.exit_status(error)
        message = " ".join(str(error).split())
        if status is None:
            logging.getLogger(__name__).debug("unexpected", exc_info=True)
            kind = type(error).__name__
            message = f"{kind}: {message}; this is a mistake of ours, please report it"
        commands.say(f"assistant: {message}")
        return 1 if status is None else status


def _joined(given: Sequence[str]) -> list[str]:
    """The arguments, `--lattice` with its form; the next one may be a file as well as a form."""
    joined: list[str] = []
    for each in given:
        if joined and joined[-1] == "--lattice" and each in _LATTICE_FORMS:
            joined[-1] = f"--lattice={each}"
        else:
            joined.append(each)
    return ["--lattice=json" if each == "--lattice" else each for each in joined]


def parser() -> argparse.ArgumentParser:
    """Everything that can be typed."""
    common = argparse.ArgumentParser(add_help=False)
    _verbose(common)
    common.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="the configuration; default: config.yaml in this folder, else built-in",
    )
    top = argparse.ArgumentParser(
        prog="assistant",
        description="Hearth: a voice assistant for the home that works on the device itself.",
    )
    top.add_argument("--version", action="version", version=f"hearth {__version__}")
    _verbose(top)
    subparsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return subparsers.add_parser(name, help=text, description=text, parents=[common])

    command("run", "Run the assistant: microphone, wake word, everything.")
    demo = command("demo", "Play recorded commands to the demo home; no microphone, no network.")
    demo.add_argument(
        "--one-stream", action="store_true", help="all recordings in one stream, as at a microphone"
    )
    _listen(command("listen", "Run the pipeline over audio; print events as JSON Lines."))
    _transcribe(command("transcribe", "Run the recogniser alone; print a JSON line for each file."))
    interpret = command("interpret", "Say what a sentence would do, without doing it.")
    interpret.add_argument("text", metavar="TEXT")
    interpret.add_argument(
        "--explain", action="store_true", help="say which sentence it matches, or nearly does"
    )
    habits = command("habits", "Show or delete what was learned of what this home asks for.")
    habits.add_argument(
        "what", nargs="?", choices=["show", "forget"], default="show", help="default: show"
    )
    command("doctor", "Check everything that Hearth depends on.")
    command("check", "Check the configuration and print what is in force.")
    bench = command("bench", "Measure speed, latency, memory and size on this machine.")
    bench.add_argument(
        "folder", metavar="AUDIO_DIR", nargs="?", type=Path, help="default: the demo's recordings"
    )
    bench.add_argument("--json", action="store_true", help="one JSON object on standard output")
    bench.add_argument(
        "--live", action="store_true", help="hear the recordings as they are spoken, too"
    )
    _edge(command("edge", "Work out what the model costs on an edge processor."))
    rescorer = command("rescorer", "Serve a language model's second opinion to other devices.")
    rescorer.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1, this device")
    rescorer.add_argument("--port", type=int, default=10500, help="default: 10500; 0: a free one")
    _voices(command("voices", "Learn, list and forget the voices of the household."))
    wyoming = command("wyoming", "Serve speech to text, wake words and commands to other programs.")
    wyoming.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1, this device only")
    wyoming.add_argument("--port", type=int, default=10300, help="default: 10300; 0: a free one")
    return top


def _verbose(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        # Given before the command, it must not be taken back by the command's own default.
        default=argparse.SUPPRESS,
        help="log everything, as `logging: {level: debug}` does",
    )


def _listen(listen: argparse.ArgumentParser) -> None:
    listen.add_argument(
        "sources",
        metavar="SOURCE",
        nargs="+",
        help="audio files, `mic`, `tcp://HOST:PORT` of a Wyoming satellite, or `-` for raw 16 kHz "
        "16-bit mono on standard input",
    )
    listen.add_argument(
        "--no-wake", action="store_true", help="no wake word: any speech opens an utterance"
    )
    listen.add_argument(
        "--directed",
        action="store_true",
        help="with --no-wake: act only on what is probably meant for this device, and say how "
        "probable that is",
    )
    listen.add_argument(
        "--presence",
        type=Path,
        metavar="FILE",
        help="who is there over the audio, as JSON Lines: audio_s, present, facing",
    )
    listen.add_argument("--pace", choices=["realtime", "fast"], default="fast")
    listen.add_argument(
        "--lattice",
        choices=_LATTICE_FORMS,
        metavar="json|slf|svg",
        help="show the word lattice at final end-points; --lattice alone: json (a file of one of "
        "these names is ./json)",
    )
    _runtime(listen)


def _transcribe(transcribe: argparse.ArgumentParser) -> None:
    transcribe.add_argument("files", metavar="FILE", nargs="+")
    transcribe.add_argument(
        "--no-personalization",
        "--no-personalisation",
        dest="personalisation",
        action="store_false",
        help="favour no names",
    )
    transcribe.add_argument(
        "--rescore", metavar="URL", help="ask a rescoring server; only words are sent to it"
    )
    transcribe.add_argument(
        "--context", type=Path, metavar="FILE", help="more names to favour, one a line"
    )
    transcribe.add_argument(
        "--sentences",
        type=Path,
        metavar="FOLDER",
        help="favour what your home understands, with the sentences and plugins of this folder",
    )
    transcribe.add_argument(
        "--attention",
        choices=["svg", "png"],
        help="draw which names were heard where, into FILE's name with .attention.svg or .png",
    )
    _runtime(transcribe)


def _edge(edge: argparse.ArgumentParser) -> None:
    edge.add_argument("what", choices=["report"], help="what the model would cost there")
    edge.add_argument(
        "--processor",
        metavar="NAME|FILE",
        default="edge-npu",
        help="edge-npu (the default), raspberry-pi-4, x86-avx512-vnni, or a YAML file like theirs",
    )
    edge.add_argument("--model", type=Path, metavar="FILE", help="default: the recogniser's")
    edge.add_argument("--seconds", type=float, default=10.0, help="of audio; default: 10")
    edge.add_argument("--picture", type=Path, metavar="FILE", help="write a picture, as SVG")
    edge.add_argument("--json", action="store_true", help="one JSON object on standard output")


def _voices(voices: argparse.ArgumentParser) -> None:
    actions = voices.add_subparsers(dest="what", required=True, metavar="ACTION")

    def action(name: str, text: str) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=text, description=text)
        # Given before the action, it must not be taken back by the action's own default.
        added.add_argument("--config", type=Path, metavar="FILE", default=argparse.SUPPRESS)
        added.add_argument(
            "--profiles", type=Path, metavar="FOLDER", help="default: in the state folder"
        )
        return added

    learn = action("learn", "Learn a voice from recordings of some sentences.")
    learn.add_argument("name", metavar="NAME")
    learn.add_argument("files", metavar="FILE", nargs="+")
    action("list", "Say whose voices are known.")
    action("forget", "Forget a voice.").add_argument("name", metavar="NAME")
    action("export", "Print all that is kept of a voice.").add_argument("name", metavar="NAME")
    identify = action("identify", "Say who speaks; print a JSON line for each file.")
    identify.add_argument("files", metavar="FILE", nargs="+")


def _runtime(command: argparse.ArgumentParser) -> None:
    command.add_argument("--runtime", choices=["onnx", "edge"], help="default: as it is set")
