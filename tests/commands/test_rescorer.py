"""`assistant rescorer`, and `transcribe` and `listen` that ask it."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import trustme

ROOT = Path(__file__).parents[2]
LIGHT = ROOT / "demo" / "01-kitchen-light.ogg"


PROGRAM = "import sys; from assistant.cli import main; sys.exit(main())"


class Rescorer:
    """The server in a process of its own."""

    def __init__(self, folder, *arguments, config=""):
        (folder / "server.yaml").write_text(config)
        command = [sys.executable, "-c", PROGRAM, "rescorer", "--config"]
        self.process = subprocess.Popen(
            [*command, folder / "server.yaml", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        self.url = self.process.stdout.readline().strip()

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as response:  # noqa: S310
            return response.status, response.read().decode()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        _, complaint = self.process.communicate(timeout=15)
        return self.process.returncode, complaint


@pytest.fixture
def rescorer(tmp_path):
    started = []

    def start(*arguments, config=""):
        started.append(Rescorer(tmp_path, *arguments, config=config))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()


def test_a_port_in_use_is_told(rescorer, assistant):
    port = rescorer().url.rpartition(":")[2]
    ran = assistant("rescorer", "--port", port)
    assert ran.status == 1
    assert ran.err.splitlines()[-1] == (
        f"assistant: 127.0.0.1 port {port} cannot be served: Address already in use;"
        " choose another --host or --port"
    )


def test_it_says_where_it_is_serves_and_stops(rescorer):
    server = rescorer("--port", "0")
    assert server.url.startswith("http://127.0.0.1:")
    assert server.get("/healthz") == (200, "ok\n")
    assert "hearth_rescorer_request_seconds" in server.get("/metrics")[1]
    assert server.stop() == (0, "")


def test_transcribe_asks_it_and_says_what_was_sent(assistant, rescorer):
    server = rescorer("--port", "0")
    ran = assistant("transcribe", "--rescore", server.url, LIGHT)
    assert ran.status == 0
    (line,) = map(json.loads, ran.out.splitlines())
    assert line["rescoring"] == "used"
    assert line["rescored"] == line["rescored_nbest"][0]["text"]
    assert line["audio_bytes"] == round(2 * 16_000 * line["audio_s"])
    assert 0 < line["lattice_bytes"] < line["audio_bytes"] / 150
    assert 'requests_total{status="200"} 1.0' in server.get("/metrics")[1]


def test_transcribe_goes_on_without_it(assistant):
    ran = assistant("transcribe", "--rescore", "http://127.0.0.1:9", LIGHT)
    assert ran.status == 0
    (line,) = map(json.loads, ran.out.splitlines())
    assert line["rescoring"] == "failed"
    assert line["rescored"] == line["text"]
    assert "cannot be reached" in ran.err


def test_transcribe_sends_no_words_away_that_are_to_stay(assistant):
    ran = assistant("transcribe", "--rescore", "https://attic:10500", LIGHT)
    assert ran.status == 2
    assert ran.out == ""
    assert "privacy.keep_words_local says that words stay on this device" in ran.err


def test_transcribe_sends_nothing_in_the_open(assistant, tmp_path):
    (tmp_path / "config.yaml").write_text("privacy: {keep_words_local: false}\n")
    ran = assistant("transcribe", "--rescore", "http://attic:10500", LIGHT)
    assert ran.status == 2
    assert "must begin with https://" in ran.err


def test_listen_tells_what_was_sent(assistant, scripted, rescorer, tmp_path):
    server = rescorer("--port", "0")
    (tmp_path / "config.yaml").write_text(
        f"rescoring: {{url: '{server.url}', deadline_ms: 2000}}\n"
        "privacy: {keep_words_local: false}\n"
    )
    scripted()
    ran = assistant("listen", "--no-wake", LIGHT)
    assert ran.status == 0
    told = next(event for event in ran.events if event["type"] == "rescored")
    assert told["outcome"] == "used"
    assert 0 < told["lattice_bytes"] < told["audio_bytes"] / 150
    assert ran.types().index("rescored") == ran.types().index("final_endpoint") - 1


def test_it_speaks_tls_and_wants_its_token(assistant, rescorer, tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "chain.pem"))
    (tmp_path / "secrets.yaml").write_text("token: open sesame\n")
    server = rescorer(
        *("--port", "0"),
        config="rescorer: {token: !secret token, certificate: chain.pem, key: key.pem}\n",
    )
    assert server.url.startswith("https://")
    trusted = "rescoring: {certificate: authority.pem"
    outcomes = {}
    for name, config in {
        "both": trusted + ", token: !secret token}\n",
        "no token": trusted + "}\n",
        "no trust": "rescoring: {token: !secret token}\n",
    }.items():
        (tmp_path / "config.yaml").write_text(config)
        ran = assistant("transcribe", "--rescore", server.url, LIGHT)
        outcomes[name] = json.loads(ran.out)["rescoring"]
    assert outcomes == {"both": "used", "no token": "failed", "no trust": "failed"}


def test_others_are_served_only_with_a_token(assistant):
    ran = assistant("rescorer", "--host", "0.0.0.0")  # noqa: S104
    assert ran.status == 2
    assert "anyone who reaches 0.0.0.0 could use this server" in ran.err


@pytest.mark.parametrize(
    ("config", "status", "message"),
    [
        ("rescorer: {language_model: gone}\n", 1, "holds no language model"),
        ("rescorer: {certificate: no.pem, key: no.pem}\n", 2, "are no certificate and its key"),
    ],
)
def test_what_cannot_be_served_is_one_line(assistant, tmp_path, config, status, message):
    (tmp_path / "config.yaml").write_text(config)
    ran = assistant("rescorer", "--port", "0")
    assert ran.status == status
    (line,) = ran.err.splitlines()
    assert message in line


def test_a_port_that_is_none(assistant):
    assert assistant("rescorer", "--port", "70000").status == 2
