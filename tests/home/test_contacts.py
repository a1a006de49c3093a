import pytest

from assistant.home.contacts import AddressBook, Contact, ContactsError, read_contacts

CARDS = """\
BEGIN:VCARD
VERSION:3.0
FN:Siobhán Ní Bhriain
N:Ní Bhriain;Siobhán;;;
TEL;TYPE=CELL:+353 86 123 4567
TEL;TYPE=WORK:+353 1 765 4321
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:A very long name that an address book
  folds over two lines
END:VCARD
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg M=C3=BCller
END:VCARD
"""


def test_names_and_numbers_are_read_in_order(tmp_path):
    file = tmp_path / "book.vcf"
    file.write_text(CARDS, encoding="utf-8")
    assert read_contacts(file) == (
        Contact("Siobhán Ní Bhriain", ("+353 86 123 4567", "+353 1 765 4321")),
        Contact("A very long name that an address book folds over two lines"),
        Contact("Jörg Müller"),
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no contacts"),
        (b"BEGIN:VCARD\nFN", "is no address book"),
        (b"\xff\xfe\x00", "is no address book"),
        (b"name,number\nAnn,12\n", "book"),
    ],
)
def test_what_is_no_address_book_is_said(tmp_path, content, message):
    file = tmp_path / "book.vcf"
    file.write_bytes(content)
    with pytest.raises(ContactsError, match=message):
        read_contacts(file)


def test_a_missing_address_book_is_said(tmp_path):
    with pytest.raises(ContactsError, match=r"lost\.vcf cannot be read: No such file"):
        read_contacts(tmp_path / "lost.vcf")


def card(name):
    return f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nEND:VCARD\n"


def test_a_changed_address_book_is_read_again(tmp_path):
    file = tmp_path / "book.vcf"
    file.write_text(card("Tadhg Byrne"), encoding="utf-8")
    book = AddressBook(["Zora", "Tadhg Byrne"], file)
    assert book.names() == ("Zora", "Tadhg Byrne")
    file.write_text(card("Tadhg Byrne") + card("Aoife"), encoding="utf-8")
    assert book.names() == ("Zora", "Tadhg Byrne", "Aoife")


def test_people_have_the_numbers_that_the_file_has_now(tmp_path):
    file = tmp_path / "book.vcf"
    file.write_text(card("Tadhg Byrne"), encoding="utf-8")
    book = AddressBook(["Zora", "Tadhg Byrne"], file)
    assert book.people() == (Contact("Tadhg Byrne"), Contact("Zora"))
    file.write_text(card("Tadhg Byrne\nTEL:12") + card("Tadhg Byrne\nTEL:34"), encoding="utf-8")
    assert book.people() == (
        Contact("Tadhg Byrne", ("12",)),
        Contact("Tadhg Byrne", ("34",)),
        Contact("Zora"),
    )
    assert book.names() == ("Zora", "Tadhg Byrne")


def test_a_damaged_address_book_is_logged_once_and_changes_nothing(tmp_path, caplog):
    file = tmp_path / "book.vcf"
    file.write_text(card("Tadhg Byrne"), encoding="utf-8")
    book = AddressBook(file=file)
    file.write_text("half a fi", encoding="utf-8")
    assert [book.names() for _ in range(3)] == [("Tadhg Byrne",)] * 3
    file.unlink()
    assert book.names() == ("Tadhg Byrne",)
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    file.write_text(card("Aoife"), encoding="utf-8")
    assert book.names() == ("Aoife",)


def test_contacts_are_not_written_into_the_log(tmp_path, caplog):
    file = tmp_path / "book.vcf"
    file.write_text(card("Tadhg Byrne"), encoding="utf-8")
    book = AddressBook(file=file)
    file.write_text(card("Aoife Walsh"), encoding="utf-8")
    with caplog.at_level("INFO"):
        book.names()
    assert "1 contacts" in caplog.text
    assert "Walsh" not in caplog.text
