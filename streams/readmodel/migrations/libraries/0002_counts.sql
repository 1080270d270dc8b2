-- How many items each library holds: kept, since to count them takes longer the more there are.
ALTER TABLE items ADD COLUMN quarantined INTEGER NOT NULL DEFAULT 0;
UPDATE items SET quarantined = 1 WHERE coalesce(json_extract(CAST(doc AS TEXT), '$.Quarantined'), '') <> '';
CREATE TABLE item_counts (
    library TEXT PRIMARY KEY,
    items INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    quarantined INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO item_counts SELECT library, count(*), total(disabled), total(quarantined) FROM items GROUP BY library;
CREATE TRIGGER item_counted AFTER INSERT ON items BEGIN
    INSERT INTO item_counts VALUES (NEW.library, 1, NEW.disabled, NEW.quarantined)
        ON CONFLICT (library) DO UPDATE SET
            items = items + 1,
            disabled = disabled + excluded.disabled,
            quarantined = quarantined + excluded.quarantined;
END;
CREATE TRIGGER item_uncounted AFTER DELETE ON items BEGIN
    UPDATE item_counts SET
        items = items - 1, disabled = disabled - OLD.disabled, quarantined = quarantined - OLD.quarantined
        WHERE library = OLD.library;
    DELETE FROM item_counts WHERE library = OLD.library AND items = 0;
END;
CREATE TRIGGER item_counted_anew AFTER UPDATE OF disabled, quarantined ON items
WHEN (OLD.disabled, OLD.quarantined) <> (NEW.disabled, NEW.quarantined) BEGIN
    UPDATE item_counts SET
        disabled = disabled - OLD.disabled + NEW.disabled, quarantined = quarantined - OLD.quarantined + NEW.quarantined
        WHERE library = NEW.library;
END;
