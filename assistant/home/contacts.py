"""People from the settings and from an address book: the names in a vCard file."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import vobject

from assistant.config.reload import FileReloader, version_of
from assistant.errors import HearthError

_LOG = logging.getLogger(__name__)


class ContactsError(HearthError):
    """An address book cannot be read; the message says which and why."""

    exit_status = 2


@dataclass(frozen=True, slots=True)
class Contact:
    """A person, and the numbers to call, the first preferred."""

    name: str
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """What an address book has."""

    people: tuple[Contact, ...]
    names: tuple[str, ...]
    """Everyone, once."""


class AddressBook:
    """People: those whose names are given, and those in a file, which is read when it changes.

    Raises `ContactsError` when it is made and the file cannot be read. A file that is damaged
    later is logged once, and what it had before stays known.
    """

    def __init__(self, given: Sequence[str] = (), file: Path | None = None) -> None:
        self._given = tuple(given)
        self._file = file
        self._known = FileReloader(lambda: version_of(file) if file else (), self._read)

    def people(self) -> tuple[Contact, ...]:
        """Everyone with their numbers, those of the file in its order; two may be called the same.

        Cheap while the file stays as it is, as is `names`.
        """
        return self._known.get().people

    def names(self) -> tuple[str, ...]:
        """Everyone's name, once, the given ones first."""
        return self._known.get().names

    def _read(self, before: _Known | None) -> _Known:
        try:
            read = read_contacts(self._file) if self._file else ()
        except ContactsError as error:
            if before is None:
                raise
            _LOG.warning("%s; the contacts stay as they were", error)
            return before
        listed = [contact.name for contact in read]
        others = (Contact(name) for name in self._given if name not in listed)
        known = _Known((*read, *others), tuple(dict.fromkeys([*self._given, *listed])))
        if before is not None:
            _LOG.info("the address book has changed: %d contacts", len(known.names))
        return known


def read_contacts(file: Path) -> tuple[Contact, ...]:
    """The people in a vCard file (RFC 6350, and the older 2.1 and 3.0), as it orders them."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        cards = [card for card in vobject.readComponents(text) if card.name == "VCARD"]
    except OSError as error:
        raise ContactsError(f"{file} cannot be read: {error.strerror}") from None
    except (vobject.base.ParseError, UnicodeDecodeError) as error:
        raise ContactsError(f"{file} is no address book (vCard): {error}") from None
    if not cards:
        raise ContactsError(f"{file} has no contacts; export it as vCard (.vcf)")
    contacts = (_contact(card.contents) for card in cards)
    return tuple(contact for contact in contacts if contact.name)


def _contact(contents: dict[str, Sequence[vobject.base.ContentLine]]) -> Contact:
    names = [" ".join(str(line.value).split()) for line in contents.get("fn", ())]
    numbers = [str(line.value).strip() for line in contents.get("tel", ())]
    return Contact(next(filter(None, names), ""), tuple(filter(None, numbers)))
