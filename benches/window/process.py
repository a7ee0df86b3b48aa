"""A screen without a reader, and what the system knows of a process: for the benches of the real window."""

import os
import pathlib
import subprocess

from screen import QUIET, Screen, screenless, succeeds, until


class QuietScreen(Screen):
    """A virtual screen with a window manager, as in the smoke test, on which no screen reader is on."""

    def _start(self) -> dict[str, str]:
        environment = screenless(self.folder)
        xvfb = ["Xvfb", "-screen", "0", f"{self.size}x24", "-nolisten", "tcp", "-noreset", "-displayfd"]
        environment["DISPLAY"] = ":" + self._told_by(xvfb, environment, "the virtual screen")
        bus = ["dbus-daemon", "--session", "--nofork", "--nosyslog", "--print-address"]
        environment["DBUS_SESSION_BUS_ADDRESS"] = self._told_by(bus, environment, "the session bus", joined=True)
        self.helpers.append(subprocess.Popen(["openbox"], env=environment, **QUIET))
        until("the window manager", lambda: succeeds(["xdotool", "get_num_desktops"], environment))
        return environment


def resident(pid: int) -> int:
    """Bytes."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the system does not tell the resident memory")


def listening_ports(pid: int) -> list[int]:
    """The ports on which it listens for TCP over IPv4."""
    sockets = set()
    for handle in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(handle)
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            sockets.add(target[len("socket:["):-1])
    lines = pathlib.Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    listening = (fields for fields in map(str.split, lines) if fields[3] == "0A" and fields[9] in sockets)
    return [int(fields[1].rsplit(":", 1)[1], 16) for fields in listening]
