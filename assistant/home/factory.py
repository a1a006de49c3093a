"""The home that the settings name."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping, Sequence

from assistant.config.settings import HomeSettings, Settings
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
    # Their library is loaded only where the settings name a Home Assistant.
    from assistant.home.home_assistant.connection import Address  # noqa: PLC0415
    from assistant.home.home_assistant.home import HomeAssistantHome  # noqa: PLC0415

    address = Address(settings.home.url or "", _trust(settings.home))
    return HomeAssistantHome(address, token, contacts)


def _trust(settings: HomeSettings) -> ssl.SSLContext | bool:
    if settings.certificate is None:
        return True
    try:
        return ssl.create_default_context(cafile=settings.certificate)
    except OSError as error:
        file, reason = settings.certificate, error.strerror or error
        raise HomeError(f"The certificate {file} cannot be used: {reason}.") from None


def contacts_of(settings: Settings) -> AddressBook:
    """Everyone that the settings name; raises `ContactsError`."""
    people = settings.personalisation
    return AddressBook(people.contacts, people.contacts_file)
