"""Every surface of Citewell: page, REST interface, command line."""

import os
import sys

from ui.gradio_import import leave_out

# Search multiplies small matrices: threads gain nothing, and on a busy machine they wait for each other.  numpy reads
# these when it is first imported.
for _variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

leave_out()

# httpx imports its own command line, and with it rich: a tenth of what `citewell ask` takes while a server runs.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: there is no such module
