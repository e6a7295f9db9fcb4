-- Merges that members make, and people who are erased.

-- kind 2: a member merged a and b. Unlike a link (0) or an alias (1) the same pair may be merged again after it was taken back.
-- made_by is who did it; null for what events did.
ALTER TABLE id_edges ADD COLUMN made_by uuid;

-- A person taken out for good, docs/people.md. From the commit of this row on nothing of them is in any answer: their rows in
-- ids are gone, and an event whose id (user_key, else anon_key) is one of keys counts as no event, though it stands in events
-- until events_deleted_at. The same commit says so in the outbox: kind 2 with the keys in changed_ids, and kind 8 with
-- [min_ts, max_ts] for the UTC days that are to be read again, in files and dictionaries too. days are those days; null for all.
CREATE TABLE erasures (
    project_id        uuid           NOT NULL,
    erasure_id        uuid           NOT NULL,
    person_ids        uuid[]         NOT NULL,
    requested_by      uuid           NOT NULL,
    requested_at      timestamptz(3) NOT NULL,
    keys              bigint[]       NOT NULL,
    days              date[],
    -- Events are deleted from first_ts on; those before deleted_to are gone.
    first_ts          timestamptz(3) NOT NULL,
    deleted_to        timestamptz(3),
    event_count       bigint         NOT NULL DEFAULT 0,
    events_deleted_at timestamptz(3),
    -- The change of the project with which the last of it went: segments that follow it hold nothing of the person.
    last_n            bigint         NOT NULL,
    completed_at      timestamptz(3),
    PRIMARY KEY (project_id, erasure_id)
);

CREATE INDEX erasures_with_events ON erasures (project_id) WHERE events_deleted_at IS NULL;
CREATE INDEX erasures_unfinished ON erasures (requested_at) WHERE completed_at IS NULL;

-- Where something of the person may have stood, and when it was rewritten without it. state: waiting, rewritten,
-- or left_to_operator where this installation may not do it; detail says what.
CREATE TABLE erasure_places (
    project_id uuid           NOT NULL,
    erasure_id uuid           NOT NULL,
    place      text           NOT NULL,
    state      text           NOT NULL,
    done_at    timestamptz(3),
    detail     text,
    PRIMARY KEY (project_id, erasure_id, place)
);

-- The ids of erased people, as keyed hashes: nothing that happened before erased_at is stored for them any more, whenever
-- it arrives. master_key names the key that the hash was made with, which is not in here.
CREATE TABLE erased_ids (
    project_id uuid           NOT NULL,
    hash       uuid           NOT NULL,
    master_key text           NOT NULL,
    erased_at  timestamptz(3) NOT NULL,
    PRIMARY KEY (project_id, hash)
);

-- Moves with every erasure, in its transaction: writers then forget the keys of ids that they know.
CREATE TABLE erasure_version (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), n bigint NOT NULL);

INSERT INTO erasure_version (n) VALUES (0);
