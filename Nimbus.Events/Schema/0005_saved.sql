-- What people save about a project. These tables belong to the query service; all others of eventsdb to ingestion.
-- document is JSON as text: it is read whole, and jsonb cannot hold every text that JSON can.

-- Sets of people. Of a cohort that is a list of people, they are in cohort_members.
CREATE TABLE cohorts (
    project_id  uuid           NOT NULL,
    id          uuid           NOT NULL,
    name        text           NOT NULL,
    description text           NOT NULL DEFAULT '',
    document    text           NOT NULL,
    version     bigint         NOT NULL DEFAULT 1,
    created_by  uuid           NOT NULL,
    created_at  timestamptz(3) NOT NULL DEFAULT now(),
    updated_at  timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, id)
);

-- A member is whoever has the id today, after every link and merge.
CREATE TABLE cohort_members (
    project_id uuid   NOT NULL,
    cohort_id  uuid   NOT NULL,
    id_key     bigint NOT NULL,
    PRIMARY KEY (project_id, cohort_id, id_key)
);

CREATE TABLE insights (LIKE cohorts INCLUDING ALL);

CREATE TABLE dashboards (LIKE cohorts INCLUDING ALL);

-- The name is the text of the annotation.
CREATE TABLE annotations (LIKE cohorts INCLUDING ALL);

-- Who has the token of a link that is not revoked may read the dashboard. The token itself is nowhere kept.
CREATE TABLE dashboard_links (
    project_id   uuid           NOT NULL,
    id           uuid           NOT NULL,
    dashboard_id uuid           NOT NULL,
    token_hash   bytea          NOT NULL,
    created_by   uuid           NOT NULL,
    created_at   timestamptz(3) NOT NULL DEFAULT now(),
    revoked_at   timestamptz(3),
    PRIMARY KEY (project_id, id),
    UNIQUE (project_id, token_hash)
);
