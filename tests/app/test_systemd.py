"""The unit as `make install` writes it, judged by systemd's own tools."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
analyze = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(analyze is None, reason="systemd-analyze is not installed")


@pytest.fixture(params=["hearth", "my house, 100% mine"])
def installed(tmp_path, request):
    """Install into an empty home folder, from a folder of that name; gives the unit's path."""
    folder = tmp_path / request.param
    shutil.copytree(ROOT / "systemd", folder / "systemd")
    bin_folder = folder / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    for name, runs in (("python", f'exec "{sys.executable}" "$@"'), ("assistant", "exit 0")):
        (bin_folder / name).write_text(f"#!/bin/sh\n{runs}\n")
        (bin_folder / name).chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()

    def run(script, *arguments):
        environment = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
        }
        return subprocess.run(
            [folder / "systemd" / script, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def installed(configuration=""):
        (folder / "config.yaml").write_text(configuration)
        result = run("install.sh", "--no-start")
        return home / ".config/systemd/user/hearth.service", result, run

    return installed


def settings_of(unit):
    lines = [line for line in unit.read_text().splitlines() if "=" in line and line[0] != "#"]
    return [tuple(line.split("=", 1)) for line in lines]


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_unit(installed):
    unit, result, _ = installed("privacy: {save_recordings: 'kept here'}")
    assert result.returncode == 0, result.stderr
    assert not [value for _, value in settings_of(unit) if re.search("@[A-Z]+@", value)]
    verified = subprocess.run(
        [analyze, "--user", "verify", "--recursive-errors=no", unit],
        env=os.environ | {"XDG_RUNTIME_DIR": "/tmp"},  # noqa: S108 - systemd wants one, unused
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    about_us = [line for line in verified.stderr.splitlines() if "hearth" in line]
    assert about_us == []
    assert verified.returncode == 0, verified.stderr


@needs_systemd
def test_the_service_is_well_sandboxed(installed):
    unit, _, _ = installed()
    judged = subprocess.run(
        [analyze, "security", "--offline=yes", "--no-pager", unit],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    exposure = re.search(r"exposure level for hearth.service: ([\d.]+)", judged.stdout)
    assert exposure is not None, judged.stderr
    assert float(exposure[1]) <= 3.0, judged.stdout


def test_what_audio_and_the_watchdog_need_is_there(installed):
    unit, _, _ = installed()
    settings = settings_of(unit)
    assert {("Type", "notify"), ("WatchdogSec", "45"), ("Restart", "always")} <= set(settings)
    assert {("CPUWeight", "200"), ("LimitRTPRIO", "10")} <= set(settings)
    # Each of these would take the sound card or the sound server away.
    hidden = {"PrivateDevices", "ProtectClock", "PrivateIPC", "RestrictRealtime", "PrivateNetwork"}
    assert not hidden & {name for name, _ in settings}
    assert ("ReadWritePaths", "%t") in settings


def test_there_is_no_network_but_for_home_assistant(installed):
    unit, _, _ = installed()
    assert ("RestrictAddressFamilies", "AF_UNIX") in settings_of(unit)
    unit, _, _ = installed("home: {kind: home_assistant, url: 'http://homeassistant.local:8123'}")
    assert ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6") in settings_of(unit)


def test_there_is_a_network_for_a_plugin_that_says_so(installed, tmp_path):
    (tmp_path / "mine" / "tea").mkdir(parents=True)
    (tmp_path / "mine" / "tea" / "manifest.yaml").write_text(
        "{name: tea, version: '1', description: Orders tea., interface: 1, network: true}"
    )
    unit, _, _ = installed(f"understanding: {{plugins: '{tmp_path}/mine'}}")
    assert ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6") in settings_of(unit)


def test_a_bad_configuration_is_not_installed(installed):
    unit, result, _ = installed("audio: {chanels: 1}")
    assert result.returncode != 0
    assert "line 1, column 9: audio: unknown key 'chanels'" in result.stderr
    assert not unit.exists()


def test_uninstalling_leaves_nothing(installed):
    unit, _, run = installed()
    assert unit.exists()
    result = run("uninstall.sh")
    assert result.returncode == 0, result.stderr
    assert [path for path in unit.parent.rglob("*") if path.is_file()] == []
    assert "not installed" in run("uninstall.sh").stdout


def test_the_scripts_are_plain_shell():
    for script in ("install.sh", "uninstall.sh"):
        assert (ROOT / "systemd" / script).read_text().startswith("#!/bin/sh\n")
        checked = subprocess.run(["sh", "-n", ROOT / "systemd" / script], check=False)
        assert checked.returncode == 0
