"""Print the document as YAML: `make openapi` keeps it in functions/openapi.yaml."""

from __future__ import annotations

import json
import sys

import yaml  # a tool of the checks, not of the functions

from vending.openapi.document import document

# By way of JSON, so that nothing is shared and YAML needs no anchors.
plain = json.loads(json.dumps(document()))
yaml.safe_dump(plain, sys.stdout, sort_keys=False, width=100, allow_unicode=True)
