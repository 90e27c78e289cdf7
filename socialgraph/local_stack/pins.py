"""Whether the requirements files pin exactly what is installed: same versions on every machine."""

import importlib.metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from socialgraph.local_stack.bootstrap import REPOSITORY, pinned

TOOLS_OF_THE_ENVIRONMENT = {"pip", "setuptools", "wheel"}


def complaints() -> list[str]:
    requirements = [Requirement(line) for line in pinned(REPOSITORY / "requirements-dev.txt")]
    found = [f"{each} is not pinned with ==" for each in requirements if not _version(each)]
    wanted = {
        canonicalize_name(each.name): _version(each)
        for each in requirements
        if each.marker is None or each.marker.evaluate()
    }
    installed = {canonicalize_name(each.metadata["Name"]): each.version for each in importlib.metadata.distributions()}
    for name, version in sorted(installed.items()):
        if name not in wanted and name not in TOOLS_OF_THE_ENVIRONMENT:
            found.append(f"{name} {version} is installed and pinned nowhere")
        elif name in wanted and wanted[name] != version:
            found.append(f"{name} {version} is installed, pinned is {wanted[name]}")
    return found + [f"{name} is pinned and not installed" for name in sorted(set(wanted) - set(installed))]


def _version(requirement: Requirement) -> str:
    exact = [each.version for each in requirement.specifier if each.operator == "==" and "*" not in each.version]
    return exact[0] if len(exact) == 1 else ""
