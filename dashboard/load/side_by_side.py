"""Clients that cost less than Locust, beside it: what the server answers when it has more of the machine."""

import re
import shutil
import subprocess
from typing import Any

REQUESTS, CONNECTIONS, SECONDS = 1_000, 10, 5
TOOLS = {"ab": "apache2-utils", "wrk": "wrk"}
RATE = {"ab": re.compile(r"Requests per second:\s+([0-9.]+)"), "wrk": re.compile(r"Requests/sec:\s+([0-9.]+)")}
REFUSALS = re.compile(r"(?:Failed requests|Non-2xx responses|Non-2xx or 3xx responses):\s+([1-9][0-9]*)")


def bare_rates(url: str, people: list[dict[str, Any]]) -> list[str]:
    """A line for each tool that is installed, and one for each that is not. One reader's JSON home, pages of 50."""
    reader = next((each for each in people if "token" in each), None)
    if reader is None:
        return []
    return [_said(tool, f"{url}/api/users/{reader['id']}/timeline?limit=50", reader["token"]) for tool in TOOLS]


def _said(tool: str, address: str, token: str) -> str:
    if shutil.which(tool) is None:
        return f"{tool} is not installed (apt-get install {TOOLS[tool]}): no figure of it beside Locust's"
    header = f"Authorization: Token {token}"  # of an account that is erased in a moment
    options = {
        "ab": ["-q", "-n", str(REQUESTS), "-c", str(CONNECTIONS), "-k"],
        "wrk": ["-t", "1", "-c", str(CONNECTIONS), "-d", f"{SECONDS}s"],
    }
    done = subprocess.run([tool, *options[tool], "-H", header, address], capture_output=True, text=True, check=False)
    rate, refused = RATE[tool].search(done.stdout), REFUSALS.search(done.stdout)
    if done.returncode or rate is None or refused:
        reason = f"{refused[1]} answers were refusals" if refused else (done.stderr or done.stdout).strip()[-200:]
        return f"{tool}: no figure ({reason})"
    shown = f"{float(rate[1]):,.0f} requests/s (target > 200)"
    return f"{tool}, one reader's home as JSON, {CONNECTIONS} connections: {shown}"
