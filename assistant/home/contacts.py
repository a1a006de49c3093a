"""People from the settings and from an address book: the names in a vCard file."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import vobject

_LOG = logging.getLogger(__name__)


class ContactsError(Exception):
    """An address book cannot be read; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person, and the numbers to call, the first preferred."""

    name: str
    numbers: tuple[str, ...] = ()


class AddressBook:
    """Names of people: those given, and those in a file, which is read again when it changes.

    Raises `ContactsError` when it is made and the file cannot be read. A file that is damaged
    later is logged once, and what it had before stays known.
    """

    def __init__(self, given: Sequence[str] = (), file: Path | None = None) -> None:
        self._given = tuple(given)
        self._file = file
        self._version = _version(file)
        self._names = self._read()

    def names(self) -> tuple[str, ...]:
        """Everyone, once; cheap while the file stays as it is."""
        version = _version(self._file)
        if version != self._version:
            self._version = version
            try:
                self._names = self._read()
            except ContactsError as error:
                _LOG.warning("%s; the contacts stay as they were", error)
            else:
                _LOG.info("the address book has changed: %d contacts", len(self._names))
        return self._names

    def _read(self) -> tuple[str, ...]:
        read = read_contacts(self._file) if self._file else ()
        return tuple(dict.fromkeys([*self._given, *(contact.name for contact in read)]))


def _version(file: Path | None) -> tuple[int, ...]:
    """What changes with a file; nothing while it is not there."""
    if file is None:
        return ()
    try:
        found = os.stat(file)  # noqa: PTH116 - `Path.stat` costs twice as much, many times a second
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


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
