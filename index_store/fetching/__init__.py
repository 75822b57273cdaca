"""Papers from services on the network, page by page, into files that the ordinary readers read.

    web.py       one polite request after another: spaced, retried, limited; the only importer of httpx here
    service.py   what a service is asked and what a page of its answer says, as one protocol
    arxiv.py, daily_papers.py, openalex.py   the services
    ledger.py    what has been fetched and where to go on, in HOME/fetched/NAME beside the pages
    rounds.py    a fetch as rounds: from a day to today, and the next time on from there

Nothing else of Citewell uses the network for papers, and nothing here knows a library.
"""
