import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithWaves(build_py):
    """Make the open wave ROM before the package's files are gathered, in an interpreter of its own."""

    def run(self) -> None:
        tool = Path(__file__).parent / "tools" / "build_waves.py"
        subprocess.run([sys.executable, str(tool)], check=True)
        super().run()


setup(cffi_modules=["cext/build_native.py:ffibuilder"], cmdclass={"build_py": BuildWithWaves})
