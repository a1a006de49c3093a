"""People from an address book: the names in a vCard file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import vobject


class ContactsError(Exception):
    """An address book cannot be read; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person, and the numbers to call, the first preferred."""

    name: str
    numbers: tuple[str, ...] = ()


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
