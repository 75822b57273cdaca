"""Building on a Ray cluster: its workers read files, cut abstracts and embed passages; this process writes.

    connecting   an address -> a running cluster, or the one sentence that says why not; and the engine on it
    driving      what this process does: hands out work, takes what comes back, goes on after a failure
    foreman      one actor on the cluster: puts the work through Ray Data, gives its results one after another
    labour       what the workers do, with the functions of ``engine``

An extra, ``pip install 'citewell[ray]'``; nothing of Ray is imported unless a build asks for it.
"""
