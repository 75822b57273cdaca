"""The embedder that comes with the program, and what settings may ask of it: names only, so that they cost nothing."""

from __future__ import annotations

from typing import Literal

BUNDLED = "all-MiniLM-L6-v2"
# The weights that sentence-transformers publishes under that name.
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

Precision = Literal["auto", "float32", "bfloat16"]
