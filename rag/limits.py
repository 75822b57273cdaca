"""How much one request may carry; every surface (page, REST, command line) holds to the same figures."""

MAX_QUESTION_CHARS = 4000
"""Characters of one question.  The longest real question in the shipped sets has under 400."""

MAX_HISTORY_TURNS = 100
"""Messages of a conversation that a request may bring along."""

MAX_TURN_CHARS = 20_000
"""Characters of one message of that history."""

MAX_HITS = 100
"""Papers that one search may return."""
