CREATE INDEX deliveries_by_media ON deliveries (media_id, created DESC, job_id DESC);

-- How many deliveries there are in each status: kept, since to count them takes longer the more there are.
CREATE TABLE delivery_counts (status TEXT PRIMARY KEY, deliveries INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO delivery_counts SELECT status, count(*) FROM deliveries GROUP BY status;
CREATE TRIGGER delivery_counted AFTER INSERT ON deliveries BEGIN
    INSERT INTO delivery_counts VALUES (NEW.status, 1) ON CONFLICT (status) DO UPDATE SET deliveries = deliveries + 1;
END;
CREATE TRIGGER delivery_uncounted AFTER DELETE ON deliveries BEGIN
    UPDATE delivery_counts SET deliveries = deliveries - 1 WHERE status = OLD.status;
END;
CREATE TRIGGER delivery_counted_anew AFTER UPDATE OF status ON deliveries WHEN OLD.status <> NEW.status BEGIN
    UPDATE delivery_counts SET deliveries = deliveries - 1 WHERE status = OLD.status;
    INSERT INTO delivery_counts VALUES (NEW.status, 1) ON CONFLICT (status) DO UPDATE SET deliveries = deliveries + 1;
END;
