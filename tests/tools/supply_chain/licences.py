"""The licences of what people get from us: the functions' packages, and what the page is built of
and by.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata

from tools.supply_chain.locks import packages, pins

ALLOWED = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MIT",
        "MIT-0",
        "MPL-2.0",  # certifi, whose list of authorities we do not change
        "PSF-2.0",
    }
)
_SPELT = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
}


def python_problems(lock: str) -> Iterator[str]:
    """Say which locked package has a licence that is not allowed, as its own metadata tells."""
    for name in pins(lock):
        try:
            licence = licence_of(name)
        except PackageNotFoundError:
            continue  # for another system than this
        if not allowed(licence):
            yield f"{name}: {licence or 'none'}"


def node_problems(lock: str) -> Iterator[str]:
    """Say which package that the page is built of or by has a licence that is not allowed."""
    for path, package in packages(lock):
        if package.get("dev") or package.get("devOptional") or package.get("link"):
            continue
        if "node_modules/" in path and not allowed(str(package.get("license", ""))):
            yield f"{path}: {package.get('license', 'none')}"


def licence_of(name: str) -> str:
    """Return the licence of an installed package, in SPDX's words where we know them."""
    told = metadata(name)
    classifiers = [c for c in told.get_all("Classifier", []) if c.startswith("License :: OSI")]
    places = (told.get_all("License-Expression", []), classifiers, told.get_all("License", []))
    spelt = next((each for place in places for each in place), "")
    return _SPELT.get(spelt, spelt)


def allowed(expression: str) -> bool:
    """Tell whether an SPDX expression allows it: one of the ORs, all of the ANDs."""
    ways = re.split(r"\s+OR\s+", expression.strip("()"))
    return any(all(part.strip("()") in ALLOWED for part in way.split(" AND ")) for way in ways)
