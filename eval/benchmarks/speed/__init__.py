"""How fast Citewell is, in rows that can be measured one by one: what ``python -m eval.benchmarks.suite`` runs."""
