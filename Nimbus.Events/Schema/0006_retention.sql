-- Events before the floor are in no answer any more, and are deleted behind it. It only moves forward.
CREATE TABLE project_floors (
    project_id uuid           PRIMARY KEY,
    floor      timestamptz(3) NOT NULL
);

-- The events that answers are made of. Queries read this view, not the table.
CREATE VIEW visible_events AS
SELECT e.* FROM events e LEFT JOIN project_floors f ON f.project_id = e.project_id
WHERE f.floor IS NULL OR e.ts >= f.floor;
