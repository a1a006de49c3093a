# The two commands are `make demo` and `make test`; `make run` starts the assistant.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run demo test test-home-assistant test-wheel lint api wheels check-pi install uninstall clean

run: $(VENV)/.installed-mic
	$(BIN)/assistant run

demo: $(VENV)/.installed
	$(BIN)/assistant demo

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Pages of every module from its docstrings, in build/api/.
api: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -e ".[docs]"
	$(BIN)/pdoc --output-directory build/api assistant '!assistant.plugins.shipped'

# Against a real Home Assistant, which it installs (two minutes the first time) and runs. What its
# conversations and its Wyoming integration need would be installed when they are first used, too
# late for the triggers of the one and the form of the other.
test-home-assistant: $(VENV)/.installed-dev .venv-home-assistant/.installed
	HEARTH_TEST_HOME_ASSISTANT=1 $(BIN)/python -m pytest tests/home_assistant

.venv-home-assistant/.installed:
	@echo "Installing Home Assistant (two minutes) ..."
	$(PYTHON) -m venv .venv-home-assistant
	.venv-home-assistant/bin/pip install --disable-pip-version-check --quiet \
		"homeassistant==2024.3.3" "josepy<2" \
		"hassil==1.6.1" "home-assistant-intents==2024.3.12" \
		"wyoming==1.5.3" "webrtc-noise-gain==1.2.3"
	@touch $@

# The wheel in an empty environment, away from this folder.
test-wheel: $(VENV)/.installed-dev
	$(BIN)/python tools/check_wheel.py

# Wheels with compiled kernels for x86-64 and 64-bit ARM, in dist/; see docs/releasing.md.
wheels: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -e ".[release]"
	$(BIN)/python tools/build_wheels.py

# The wheels for a Raspberry Pi, and the demo on an emulated one: needs root, mmdebstrap and
# qemu-user-static, and takes minutes.
check-pi: $(VENV)/.installed
	$(BIN)/python tools/check_pi.py

# As a service of this user, started at boot; see docs/service.md.
install: $(VENV)/.installed-mic
	systemd/install.sh

uninstall:
	systemd/uninstall.sh

$(VENV)/bin/python:
	@echo "Creating $(VENV) ..."
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing Hearth (about a minute) ..."
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -e .
	@touch $@

$(VENV)/.installed-mic: pyproject.toml | $(VENV)/.installed
	@echo "Installing the microphone's library ..."
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet -e ".[mic]" || \
		{ echo "PyAudio could not be built: sudo apt install portaudio19-dev python3-dev gcc"; exit 1; }
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the tests need (torch is the large part) ..."
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -e ".[dev,train]"
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) .venv-home-assistant .pi build dist
