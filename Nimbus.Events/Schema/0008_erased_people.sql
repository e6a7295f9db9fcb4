-- Without the events of people who are erased and whose events are not deleted yet. Mostly nobody is.
CREATE OR REPLACE VIEW visible_events AS
SELECT e.* FROM events e LEFT JOIN project_floors f ON f.project_id = e.project_id
WHERE (f.floor IS NULL OR e.ts >= f.floor)
  AND NOT EXISTS (
      SELECT FROM erasures gone
      WHERE gone.project_id = e.project_id AND gone.events_deleted_at IS NULL AND coalesce(e.user_key, e.anon_key) = ANY (gone.keys));
