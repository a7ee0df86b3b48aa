"""The program's window as a screen reader sees it: things have a role, a name and actions.

Imported only once the environment names the screen and its buses, for pyatspi connects as it is imported.
"""

import os
import re
import subprocess
import time

import pyatspi

from screen import until

BUTTONS = {"push button", "button", "toggle button", "radio button", "menu item", "page tab", "link", "check box"}
ENTRIES = {"entry", "text", "password text"}
ROWS = {"table row"}
CHECKS = {"check box", "toggle button", "switch"}
PICKERS = {"combo box", "entry", "push button", "button"}
CHOSEN = (pyatspi.STATE_SELECTED, pyatspi.STATE_CHECKED, pyatspi.STATE_PRESSED)
LOOKS_SECRET = re.compile(r"[A-Za-z0-9_-]{40,}")


class Window:
    def __init__(self, program: subprocess.Popen, seconds: float):
        self.program = program
        self.seconds = seconds

    # What is there.

    def things(self):
        """Everything in the program's window with its depth, outermost first. What vanishes meanwhile is left out."""
        desktop = pyatspi.Registry.getDesktop(0)
        pending = [(application, 0) for application in children(desktop) if self._is_ours(application)]
        while pending:
            thing, depth = pending.pop()
            yield thing, depth
            pending.extend((child, depth + 1) for child in reversed(children(thing)))

    def _is_ours(self, application) -> bool:
        try:
            return application.get_process_id() == self.program.pid
        except Exception:
            return False

    def find(self, name: str, roles: set[str] | None = None):
        """The first thing of that name and one of those roles, if it can be used now."""
        for thing, _ in self.things():
            try:
                if thing.name == name and (roles is None or thing.getRoleName() in roles) and is_enabled(thing):
                    return thing
            except Exception:
                continue
        return None

    def wait(self, name: str, roles: set[str] | None = None, seconds: float | None = None):
        def look():
            if self.program.poll() is not None:
                raise RuntimeError(f"the program ended with status {self.program.returncode}")
            return self.find(name, roles)

        kind = "" if roles is None else f" ({' or '.join(sorted(roles))})"
        return until(f"“{name}”{kind} is there and can be used", look, self.seconds if seconds is None else seconds)

    def wait_gone(self, name: str):
        until(f"“{name}” is gone", lambda: self.find(name) is None, self.seconds)

    def holds_text(self, text: str) -> bool:
        """Whether any name, description or text in the window contains it."""
        return any(text in words(thing) for thing, _ in self.things())

    def outline(self, most: int = 150) -> str:
        """What is there, for a person who must find out why a step fell short. Nothing long enough to be a secret."""
        lines = []
        for thing, depth in self.things():
            try:
                marks = "" if is_enabled(thing) else " (disabled)"
                lines.append(f"{'  ' * depth}{thing.getRoleName()} “{LOOKS_SECRET.sub('…', thing.name or '')}”{marks}")
            except Exception:
                continue
            if len(lines) == most:
                lines.append("…")
                break
        return "\n".join(lines) or "(nothing)"

    # What a person does.

    def press(self, name: str, roles: set[str] = BUTTONS):
        act(self.wait(name, roles))

    def focus(self, name: str, roles: set[str] = ENTRIES):
        thing = self.wait(name, roles)
        thing.queryComponent().grabFocus()
        until(f"“{name}” has the keyboard", lambda: has_state(self.wait(name, roles), pyatspi.STATE_FOCUSED), self.seconds)

    def fill(self, name: str, text: str, enter: bool = False):
        """Types into an entry and waits until the text has arrived; with `enter`, until it was taken."""
        self.focus(name)
        keyboard("type", "--delay", "15", text)
        until(f"“{name}” reads “{text}”", lambda: text in words(self.wait(name, ENTRIES)), self.seconds)
        if enter:
            keyboard("key", "Return")
            until(f"“{name}” took it", lambda: text not in words(self.wait(name, ENTRIES)), self.seconds)

    def tick(self, name: str):
        if not has_state(self.wait(name, CHECKS), pyatspi.STATE_CHECKED):
            self.press(name, CHECKS)
        until(f"“{name}” is ticked", lambda: has_state(self.wait(name, CHECKS), pyatspi.STATE_CHECKED), self.seconds)

    def pick(self, name: str, choice: str):
        """Chooses in a combo box or a picker, by typing where it offers to search."""
        picker = self.wait(name, PICKERS)
        if choice in words(picker):
            return
        act(picker)
        offered = BUTTONS | ROWS | {"list item", "option"}
        try:
            option = self.wait(choice, offered, seconds=5)
        except TimeoutError:
            keyboard("type", "--delay", "15", choice)
            option = self.wait(choice, offered)
        act(option)
        # A combo box may tell its value, mark the choice in its list, or close the list.
        until(f"“{choice}” is chosen in “{name}”", lambda: choice in words(self.wait(name, PICKERS)) or is_chosen(option), self.seconds)

    def close(self, title: str) -> int:
        """Closes it through the window manager and gives its exit status."""
        keyboard("search", "--onlyvisible", "--name", title, "windowactivate", "--sync")
        # In a command of its own: chained to a window, xdotool would send the keys past the window manager.
        keyboard("key", "alt+F4")
        try:
            return self.program.wait(self.seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"the program is still there {self.seconds:g} s after its window was closed") from None


def children(thing) -> list:
    try:
        return [child for child in (thing.getChildAtIndex(at) for at in range(thing.childCount)) if child is not None]
    except Exception:
        return []


def has_state(thing, state) -> bool:
    try:
        return thing.getState().contains(state)
    except Exception:
        return False


def is_chosen(option) -> bool:
    try:
        states = option.getState()
        return states.contains(pyatspi.STATE_DEFUNCT) or any(map(states.contains, CHOSEN))
    except Exception:
        return True


def is_enabled(thing) -> bool:
    return has_state(thing, pyatspi.STATE_ENABLED) or has_state(thing, pyatspi.STATE_SENSITIVE)


def words(thing) -> str:
    """Name, description and text of a thing; a thing that has no text says nothing."""
    said = []
    for ask in (lambda: thing.name, lambda: thing.description, lambda: thing.queryText().getText(0, -1)):
        try:
            said.append(ask() or "")
        except Exception:
            continue
    return "\n".join(said)


def act(thing):
    """Its ordinary action, else a click in its middle."""
    # What was disabled a moment ago had no actions then, and is remembered so.
    thing.clear_cache()
    try:
        action = thing.queryAction()
        names = [action.getName(at) for at in range(action.nActions)]
    except NotImplementedError:
        names = []
    for wanted in ("click", "press", "activate"):
        if wanted in names:
            action.doAction(names.index(wanted))
            return
    place = thing.queryComponent().getExtents(pyatspi.DESKTOP_COORDS)
    if place.width <= 0 or place.height <= 0:
        raise RuntimeError(f"“{thing.name}” has neither an action nor a place on the screen")
    # A hand takes its time, and what lies under the pointer is known only a frame later.
    keyboard("mousemove", str(place.x + place.width // 2), str(place.y + place.height // 2), "sleep", "0.2", "click", "1")


def keyboard(*arguments: str):
    """xdotool, for what only a hand does."""
    subprocess.run(["xdotool", *arguments], check=True, timeout=30, stdout=subprocess.DEVNULL)
    time.sleep(0.1)


def clipboard() -> str:
    """What another program would paste; nothing when nobody offers anything."""
    asked = subprocess.run(["xclip", "-out", "-selection", "clipboard"], capture_output=True, timeout=10, env=os.environ)
    return asked.stdout.decode("utf-8", "replace") if asked.returncode == 0 else ""
