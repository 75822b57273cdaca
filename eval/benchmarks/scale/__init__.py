"""How a library grows: made-up papers by the million, built and asked.  ``python -m eval.benchmarks.scale``."""
