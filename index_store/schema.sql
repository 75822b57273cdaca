-- The catalogue of one library.  Papers hold each text once; passages are offsets into it.
CREATE TABLE IF NOT EXISTS meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS papers (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of arrival, never used again for another paper
    id          TEXT NOT NULL UNIQUE,
    title       TEXT NOT NULL,
    abstract    BLOB NOT NULL,                -- see compression.py
    authors     TEXT NOT NULL,                -- JSON list
    year        INTEGER,
    url         TEXT,
    doi         TEXT,
    arxiv_id    TEXT,
    categories  TEXT NOT NULL,                -- JSON list
    note        TEXT,
    text_digest TEXT NOT NULL,
    identifiers TEXT NOT NULL DEFAULT '[]'    -- JSON list of "scheme:value"
);

-- What abstracts of this library are like, for those that name it to be read (see compression.py).
CREATE TABLE IF NOT EXISTS dictionaries (
    id      INTEGER PRIMARY KEY,              -- 0: nothing could be learnt
    content BLOB NOT NULL
);

CREATE TABLE IF NOT EXISTS paper_keys (
    key    TEXT NOT NULL,
    number INTEGER NOT NULL REFERENCES papers (number),
    PRIMARY KEY (key, number)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS sources (
    number   INTEGER NOT NULL REFERENCES papers (number),
    path     TEXT NOT NULL,
    local_id TEXT NOT NULL,
    line     INTEGER NOT NULL,
    digest   TEXT NOT NULL,                   -- of the entry as this source has it
    is_text  INTEGER NOT NULL,                -- 1: the paper's text was taken from here
    PRIMARY KEY (number, path, local_id)
) WITHOUT ROWID;

-- What each source of a paper with several says, as JSON (see records.py), compressed.  A paper's only source says what it says.
CREATE TABLE IF NOT EXISTS records (
    number   INTEGER NOT NULL REFERENCES papers (number),
    path     TEXT NOT NULL,
    local_id TEXT NOT NULL,
    record   BLOB NOT NULL,
    PRIMARY KEY (number, path, local_id)
) WITHOUT ROWID;

-- Papers whose abstracts share much of their wording share a number here (see sketches.py).  Rows of papers that are
-- gone stay: their numbers are never given again.
CREATE TABLE IF NOT EXISTS sketches (
    hash   INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (hash, number)
) WITHOUT ROWID;

-- Ids that papers had before they were merged with others, so that links to them hold.
CREATE TABLE IF NOT EXISTS aliases (
    alias  TEXT PRIMARY KEY,
    number INTEGER NOT NULL
) WITHOUT ROWID;

-- What the user decided about two sources (see decisions.py): the last word on a pair holds.
CREATE TABLE IF NOT EXISTS decisions (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    step        INTEGER NOT NULL,             -- rows of one command
    is_together INTEGER NOT NULL,             -- 1: one paper; 0: two
    first       TEXT NOT NULL,
    second      TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS decisions_by_first ON decisions (first);
CREATE INDEX IF NOT EXISTS decisions_by_second ON decisions (second);

CREATE TABLE IF NOT EXISTS memberships (
    collection TEXT NOT NULL,
    number     INTEGER NOT NULL REFERENCES papers (number),
    PRIMARY KEY (collection, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS memberships_by_paper ON memberships (number);

CREATE TABLE IF NOT EXISTS passages (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,  -- AUTOINCREMENT: an id is never used again for other text
    number       INTEGER NOT NULL REFERENCES papers (number),
    start_offset INTEGER NOT NULL,
    end_offset   INTEGER NOT NULL,
    is_indexed   INTEGER NOT NULL DEFAULT 0          -- 1: its vector and its words are on disk
);
CREATE INDEX IF NOT EXISTS passages_by_paper ON passages (number);
CREATE INDEX IF NOT EXISTS passages_waiting ON passages (id) WHERE is_indexed = 0;

-- Passages whose text is gone, until the indexes have forgotten them too.
CREATE TABLE IF NOT EXISTS stale_passages (
    id     INTEGER PRIMARY KEY,
    number INTEGER NOT NULL                          -- the paper it belonged to, which may be gone as well
);

-- Browsing (see browsing.py): two orders have an index that also holds what filters look at, so that no page of the
-- list reads an abstract; that by author also has all authors, to be searched.  A first author is sorted by family name;
-- papers without one come last.
CREATE VIEW IF NOT EXISTS listed AS SELECT number, id, title, authors, year,
    ifnull(iif(instr(json_extract(authors, '$[0]'), ','),
        substr(json_extract(authors, '$[0]'), 1, instr(json_extract(authors, '$[0]'), ',') - 1),
        substr(json_extract(authors, '$[0]'), 1 + length(rtrim(json_extract(authors, '$[0]'),
            replace(json_extract(authors, '$[0]'), ' ', ''))))), char(1114111)) AS first_author
    FROM papers;
CREATE INDEX IF NOT EXISTS papers_by_title ON papers (title COLLATE NOCASE, id, year);
CREATE INDEX IF NOT EXISTS papers_by_year ON papers (year);
CREATE INDEX IF NOT EXISTS papers_by_first_author ON papers (
    ifnull(iif(instr(json_extract(authors, '$[0]'), ','),
        substr(json_extract(authors, '$[0]'), 1, instr(json_extract(authors, '$[0]'), ',') - 1),
        substr(json_extract(authors, '$[0]'), 1 + length(rtrim(json_extract(authors, '$[0]'),
            replace(json_extract(authors, '$[0]'), ' ', ''))))), char(1114111)) COLLATE NOCASE,
    title COLLATE NOCASE, id, year, authors);

-- Papers that were removed by hand (see removal.py), with all that brings them back.
CREATE TABLE IF NOT EXISTS removed_papers AS SELECT *, '' AS removed_at FROM papers WHERE 0;
CREATE TABLE IF NOT EXISTS removed_sources AS SELECT * FROM sources WHERE 0;
CREATE TABLE IF NOT EXISTS removed_memberships AS SELECT * FROM memberships WHERE 0;
CREATE TABLE IF NOT EXISTS removed_keys AS SELECT * FROM paper_keys WHERE 0;
CREATE TABLE IF NOT EXISTS removed_records AS SELECT * FROM records WHERE 0;
CREATE INDEX IF NOT EXISTS removed_by_key ON removed_keys (key);

-- Those of them whose files had them no longer (see departures.py): where a file has one again, it returns.
CREATE TABLE IF NOT EXISTS removed_until_read (number INTEGER PRIMARY KEY);
