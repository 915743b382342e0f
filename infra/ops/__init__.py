"""What an operator does: each command of the Makefile is a module, `python -m ops.COMMAND ENV`.

Only Python's own library, so that it runs before anything is installed; Google Cloud and Terraform
by their commands, gcloud and terraform, with the operator's own login.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - it is python3, whichever that is
    sys.exit("Livepass needs Python 3.11 or newer; this is " + sys.version.split()[0])
