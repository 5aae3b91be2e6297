"""OpenM1 on MAME's korgm1 driver: the same image, another emulator, its LCD RAM and its speed.

The driver wants its own file names and a character ROM whose content does not matter here; wrong checksums only warn
(facts: v50-unicorn section 8). MAME 0.251 leaves the battery's ADC channel open, which OpenM1 reads as too high.

    python3 tools/mame.py [SECONDS]
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

SCRIPT = """
local written = false
emu.register_periodic(function()
  local machine = manager.machine
  if written or machine.time.seconds < {seconds} - 1 then return end
  written = true
  local out = io.open("ddram.bin", "wb")
  local item = emu.item(machine.devices[":lcdc"].items["0/m_ddram"])
  for i = 0, 127 do out:write(string.char(item:read(i))) end
  out:close()
end)
"""
"""The LCD RAM is read in the last second: MAME 0.251 crashes when an item is read in its stop callback."""


@dataclass(frozen=True)
class MameRun:
    """`lines`: the two lines of LCD RAM as text; `speed`: times real time; `cpu_seconds`: CPU time of the whole
    process, its start included; `nvram`: the 64 KB RAM, or b""; `log`: what the script wrote to log.txt, or ""."""

    lines: tuple[str, str]
    speed: float
    cpu_seconds: float
    nvram: bytes
    log: str


def find_mame() -> str | None:
    """The mame program, or None."""
    return shutil.which("mame") or (path if Path(path := "/usr/games/mame").exists() else None)


def run_mame(seconds: int, even: bytes | None = None, odd: bytes | None = None, script: str = "") -> MameRun:
    """Run OpenM1 (or another pair of 64 KB halves) for emulated `seconds` from power-on with empty RAM.

    Args:
        script: Lua that is run before the first instruction; it may write to log.txt.

    Raises:
        RuntimeError: mame is missing or failed; the text has what it printed.
    """
    mame = find_mame()
    if mame is None:
        raise RuntimeError("mame is not installed")
    firmware = files("korgm1") / "firmware"
    with tempfile.TemporaryDirectory() as folder:
        roms = Path(folder) / "roms" / "korgm1"
        roms.mkdir(parents=True)
        (roms / "rev19-ic32-880319.bin").write_bytes(even or (firmware / "openm1_ic32.bin").read_bytes())
        (roms / "rev19-ic23-880219.bin").write_bytes(odd or (firmware / "openm1_ic23.bin").read_bytes())
        (roms / "hd44780_a00.bin").write_bytes(bytes(4096))
        (Path(folder) / "x.lua").write_text(SCRIPT.replace("{seconds}", str(seconds)) + script)
        command = [
            mame, "korgm1", "-rompath", "roms", "-bench", str(seconds), "-skip_gameinfo",
            "-nvram_directory", "nv", "-cfg_directory", "cfg", "-homepath", "home",
            "-autoboot_script", "x.lua", "-autoboot_delay", "0",
        ]  # fmt: skip
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        speed = re.search(r"Average speed: ([\d.]+)%", done.stdout)
        dump = Path(folder) / "ddram.bin"
        # 0.251 now and then ends with a segmentation fault while it closes Lua, when all is written
        if speed is None or not dump.exists():
            raise RuntimeError(f"mame ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        ddram = dump.read_bytes()
        nvram = Path(folder) / "nv" / "korgm1" / "nvram"
        log = Path(folder) / "log.txt"
        text = "".join(chr(code) if 0x20 <= code < 0x7F else " " for code in ddram)
        return MameRun(
            lines=(text[:40], text[64:104]),
            speed=float(speed[1]) / 100,
            cpu_seconds=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            nvram=nvram.read_bytes() if nvram.exists() else b"",
            log=log.read_text() if log.exists() else "",
        )


if __name__ == "__main__":
    import sys

    run = run_mame(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    print(*run.lines, f"{run.speed:.1f} times real time", sep="\n")
