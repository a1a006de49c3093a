"""Puts what ships beside the code into a wheel; everything else is in pyproject.toml.

setuptools' own tables take data from within packages only, and these folders lie beside
`assistant/`. An editable install uses them where they are (assistant/config/shipped.py).
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = ("models", "plugins", "demo", "config.example.yaml")
NOT_SHIPPED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


class BuildWithShipped(build_py):
    """Copies the modules, then `SHIPPED` to `assistant/_shipped`."""

    def run(self) -> None:
        """Build."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "assistant" / "_shipped"
        shutil.rmtree(target, ignore_errors=True)
        for name in SHIPPED:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            if Path(name).is_dir():
                shutil.copytree(name, target / name, ignore=NOT_SHIPPED)
            else:
                shutil.copy(name, target / name)


setup(cmdclass={"build_py": BuildWithShipped})
