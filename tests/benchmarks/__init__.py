"""What it costs: the collection and its rivals, measured side by side. See docs/benchmarks.md.

A benchmark is a context manager in a module of its own, entered in `__main__.BENCHMARKS`. It starts
what it needs and yields a `frame.Bench`: the cases, and the servers they talk to. The rest, from
measuring a process tree to the JSON file and the table, is the frame's.
"""
