"""What one would pick instead of Citewell, run in an environment of its own."""
