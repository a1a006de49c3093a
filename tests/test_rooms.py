"""The house: imports go down, and there is no circle of rooms."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLOORS = (
    ("errors", "events", "config", "lattice"),
    ("audio", "endpointing", "home"),
    ("asr", "wake", "nlu", "speaker", "whispering", "presence"),
    ("plugins", "reply", "dialogue", "ducking"),
    ("pipeline",),
    ("rescoring", "edge", "wyoming"),
    ("app",),
    ("bench",),
    ("commands",),
    ("cli",),
)
"""From the ground up. On one floor rooms may use each other, but not in a circle."""
LATE = {("asr", "edge")}
"""What loads a runtime only when it is wanted, within a function."""
AT_THE_ROOT = {"__init__.py", "__main__.py", "cli.py", "errors.py", "events.py"}


def imports():
    """(room, room it uses, file, whether within a function) of every import of `assistant`."""
    for file in sorted((ROOT / "assistant").rglob("*.py")):
        room = file.relative_to(ROOT / "assistant").with_suffix("").parts[0]
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{each.name}" for each in node.names]
            elif isinstance(node, ast.Import):
                names = [each.name for each in node.names]
            for name in names:
                parts = name.split(".")
                if parts[0] == "assistant" and parts[1] not in {room, "__version__"}:
                    yield room, parts[1], file.relative_to(ROOT), node.col_offset > 0


def test_nothing_but_the_front_door_lies_at_the_root():
    assert {each.name for each in (ROOT / "assistant").glob("*.py")} == AT_THE_ROOT


def test_imports_go_down():
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    upward = [
        f"{file} imports from {used}"
        for room, used, file, late in imports()
        if not room.startswith("__")
        and floor[used] > floor[room]
        and not (late and (room, used) in LATE)
    ]
    assert upward == []


def test_there_is_no_circle_of_rooms():
    uses = defaultdict(set)
    for room, used, _, late in imports():
        if not (late and (room, used) in LATE):
            uses[room].add(used)

    def reached(room, seen):
        for used in uses.get(room, set()) - seen:
            seen.add(used)
            reached(used, seen)
        return seen

    assert [room for room in uses if room in reached(room, set())] == []


def test_what_runs_on_the_device_needs_no_training():
    for folder in ("assistant", "plugins"):
        for file in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(file.read_text("utf-8"))
            modules = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
            assert not any(module.split(".")[0] == "training" for module in modules), file


def test_what_tests_share_is_imported_by_its_full_name():
    files = [file for file in (ROOT / "tests").rglob("*.py") if "__pycache__" not in file.parts]
    shared = {file.stem for file in files if not file.name.startswith(("test_", "__", "conftest"))}
    short = [
        f"{file.relative_to(ROOT)} imports {node.module}"
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in shared
    ]
    assert short == []
