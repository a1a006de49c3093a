"""The home that the settings name."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from assistant.config.settings import Settings
from assistant.home.contacts import AddressBook
from assistant.home.demo import DemoHome
from assistant.home.model import Home, HomeError

TOKEN_VARIABLE = "HEARTH_HOME_TOKEN"  # noqa: S105 - its name, not the token


def make_home(
    settings: Settings,
    contacts: Callable[[], Sequence[str]] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Home:
    """The home, not yet connected; `contacts` are those of the settings if left out.

    Raises `ContactsError` or `HomeError` for what is missing.
    """
    contacts = contacts or contacts_of(settings).names
    if settings.home.kind == "demo":
        return DemoHome(contacts)
    token = settings.home.token or environ.get(TOKEN_VARIABLE)
    if not token:
        raise HomeError(
            "There is no token for Home Assistant: make a long-lived access token in your profile "
            f"there, write it into secrets.yaml and `token: !secret ...` into the configuration, "
            f"or set {TOKEN_VARIABLE}."
        )
    module = importlib.import_module("plugins.home_assistant")
    return cast("Home", module.make_home(settings.home, token, contacts))


def contacts_of(settings: Settings) -> AddressBook:
    """Everyone that the settings name; raises `ContactsError`."""
    people = settings.personalisation
    return AddressBook(people.contacts, people.contacts_file)
