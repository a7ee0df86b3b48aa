"""A private screen: X server, session bus, window manager and accessibility bus, all ended with it.

Nothing of the person's own session is touched: the home folder, the runtime folder and the buses are its own.
"""

import os
import pathlib
import struct
import subprocess
import time
import zlib

QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class Screen:
    """`with Screen(folder) as environment:` gives the environment in which a program sees this screen."""

    def __init__(self, folder: pathlib.Path, size: str = "1400x900", pictures: bool = False):
        self.folder = folder
        self.pictures = pictures
        self.size = size
        self.helpers: list[subprocess.Popen] = []

    def __enter__(self) -> dict[str, str]:
        try:
            return self._start()
        except BaseException:
            self._end()
            raise

    def __exit__(self, *_):
        self._end()

    def _start(self) -> dict[str, str]:
        environment = screenless(self.folder)
        xvfb = ["Xvfb", "-screen", "0", f"{self.size}x24", "-nolisten", "tcp", "-noreset", *self._seen_in_a_file(), "-displayfd"]
        environment["DISPLAY"] = ":" + self._told_by(xvfb, environment, "the virtual screen")
        bus = ["dbus-daemon", "--session", "--nofork", "--nosyslog", "--print-address"]
        environment["DBUS_SESSION_BUS_ADDRESS"] = self._told_by(bus, environment, "the session bus", joined=True)
        self.helpers.append(subprocess.Popen(["openbox"], env=environment, **QUIET))
        until("the window manager", lambda: succeeds(["xdotool", "get_num_desktops"], environment))
        # Asking for this property starts the accessibility bus; setting it makes toolkits speak to it.
        for name in ("IsEnabled", "ScreenReaderEnabled"):
            until("the accessibility bus", lambda: succeeds(
                ["gdbus", "call", "--session", "--dest", "org.a11y.Bus", "--object-path", "/org/a11y/bus",
                 "--method", "org.freedesktop.DBus.Properties.Set", "org.a11y.Status", name, "<true>"], environment))
        return environment

    def _seen_in_a_file(self) -> list[str]:
        return ["-fbdir", str(self.folder)] if self.pictures else []

    def picture(self) -> bytes:
        """What is on the screen now, as PNG. The screen must have been asked for with pictures."""
        raw = (self.folder / "Xvfb_screen0").read_bytes()
        head = struct.unpack(">25I", raw[:100])
        size, width, height, line, colours = head[0], head[4], head[5], head[12], head[19]
        start = size + 12 * colours
        rows = []
        for row in range(height):
            pixels = raw[start + row * line:start + row * line + 4 * width]
            rgb = bytearray(3 * width)
            rgb[0::3], rgb[1::3], rgb[2::3] = pixels[2::4], pixels[1::4], pixels[0::4]
            rows.append(b"\0" + bytes(rgb))
        part = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        return (b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0))
                + part(b"IDAT", zlib.compress(b"".join(rows))) + part(b"IEND", b""))

    def _told_by(self, command: list[str], environment: dict[str, str], what: str, joined: bool = False) -> str:
        """Starts a helper that writes one line to a file descriptor once it is ready, and reads that line."""
        reader, writer = os.pipe()
        last = [f"{command[-1]}={writer}"] if joined else [command[-1], str(writer)]
        helper = subprocess.Popen(command[:-1] + last, env=environment, pass_fds=[writer], **QUIET)
        self.helpers.append(helper)
        os.close(writer)
        with os.fdopen(reader) as lines:
            line = lines.readline().strip()
        if not line:
            raise RuntimeError(f"{what} did not start")
        return line

    def _end(self):
        while self.helpers:
            helper = self.helpers.pop()
            helper.terminate()
            try:
                helper.wait(5)
            except subprocess.TimeoutExpired:
                helper.kill()
                helper.wait()


def screenless(folder: pathlib.Path) -> dict[str, str]:
    """An environment with a home of its own and no screen at all."""
    for name in ("home", "runtime"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "XAUTHORITY", "AT_SPI_BUS_ADDRESS",
              "DBUS_SESSION_BUS_ADDRESS", "NO_AT_BRIDGE")
    own = {key: value for key, value in os.environ.items() if key not in hidden and not key.startswith("XDG_")}
    return own | {"HOME": str(folder / "home"), "XDG_RUNTIME_DIR": str(folder / "runtime"), "LC_ALL": "C.UTF-8"}


def succeeds(command: list[str], environment: dict[str, str]) -> bool:
    return subprocess.run(command, env=environment, timeout=20, **QUIET).returncode == 0


def until(what: str, holds, seconds: float = 20):
    """Waits until `holds()` gives something and hands that back; says what was waited for when it never does."""
    end = time.monotonic() + seconds
    while True:
        found = holds()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(0.1)
