"""Measurements that decided a choice; each module runs by itself and prints a markdown table."""
