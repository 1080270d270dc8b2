-- What has happened in each minute and in each hour: kept, since to count it anew for every look takes longer the more
-- jobs there are. It follows from the other tables alone, and triggers keep it whoever writes to them; minutes and hours
-- that nobody looks at any more are dropped. `digits` is how many characters of a time name the minute or the hour.
CREATE TABLE activity (
    digits INTEGER NOT NULL,
    start TEXT NOT NULL,
    what TEXT NOT NULL,
    label TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (digits, start, what, label)
) WITHOUT ROWID;
CREATE VIEW activity_units AS SELECT 16 AS digits UNION ALL SELECT 13;

-- Jobs that have ended: each, its error, what it has found, and how many milliseconds it was from asked to ended, to two
-- digits: with that many, what half of the jobs took can be told without sorting them.
CREATE VIEW job_activity AS
    SELECT job_id, completed AS time, 'ended' AS what, status AS label, 1 AS amount FROM jobs WHERE completed <> ''
    UNION ALL
    SELECT job_id, completed, 'failed', code, 1 FROM jobs WHERE completed <> '' AND status = 'fail'
    UNION ALL
    SELECT job_id, completed, 'found', '', found FROM jobs WHERE completed <> '' AND found > 0
    UNION ALL
    SELECT
        job_id,
        completed,
        'latency',
        printf('%.1e', max(0.0, (julianday(completed) - julianday(created)) * 86400000.0)),
        1
    FROM jobs WHERE status = 'success' AND julianday(completed) IS NOT NULL AND julianday(created) IS NOT NULL;
-- Media of jobs that have succeeded, milliseconds.
CREATE VIEW media_activity AS
    SELECT
        job_id,
        completed AS time,
        'media' AS what,
        '' AS label,
        CASE WHEN milliseconds BETWEEN 0 AND 2073600000 THEN milliseconds ELSE 0 END AS amount
    FROM usage;
-- The newest outcome of each media item.
CREATE VIEW outcome_activity AS
    SELECT media_id, updated AS time, 'outcome' AS what, action AS label, 1 AS amount FROM outcomes;

INSERT INTO activity
    SELECT digits, substr(time, 1, digits) AS start, what, label, sum(amount)
    FROM (
        SELECT time, what, label, amount FROM job_activity
        UNION ALL
        SELECT time, what, label, amount FROM media_activity
        UNION ALL
        SELECT time, what, label, amount FROM outcome_activity
    ) CROSS JOIN activity_units
    GROUP BY 1, 2, 3, 4;

CREATE TRIGGER job_activity_added AFTER INSERT ON jobs WHEN NEW.completed <> '' BEGIN
    INSERT INTO activity
        SELECT digits, substr(time, 1, digits), what, label, amount
        FROM job_activity CROSS JOIN activity_units WHERE job_id = NEW.job_id
        ON CONFLICT (digits, start, what, label) DO UPDATE SET amount = amount + excluded.amount;
END;
CREATE TRIGGER job_activity_changes BEFORE UPDATE ON jobs WHEN OLD.completed <> '' BEGIN
    INSERT INTO activity
        SELECT digits, substr(time, 1, digits), what, label, -amount
        FROM job_activity CROSS JOIN activity_units WHERE job_id = OLD.job_id
        ON CONFLICT (digits, start, what, label) DO UPDATE SET amount = amount + excluded.amount;
END;
CREATE TRIGGER job_activity_changed AFTER UPDATE ON jobs WHEN NEW.completed <> '' BEGIN
    INSERT INTO activity
        SELECT digits, substr(time, 1, digits), what, label, amount
        FROM job_activity CROSS JOIN activity_units WHERE job_id = NEW.job_id
        ON CONFLICT (digits, start, what, label) DO UPDATE SET amount = amount + excluded.amount;
END;
CREATE TRIGGER job_activity_removed BEFORE DELETE ON jobs WHEN OLD.completed <> '' BEGIN
    INSERT INTO activity
        SELECT digits, substr(time, 1, digits), what, label, -amount
        FROM job_activity CROSS JOIN activity_units WHERE job_id = OLD.job_id
        ON CONFLICT (digits, start, what, label) DO UPDATE SET amount = amount + excluded.amount;
END;

CREATE TRIGGER media_activity_added AFTER INSERT ON usage BEGIN
    INSERT INTO activity
        SELECT digits, substr(time, 1, digits), what, label, amount
        FROM media_activity CROSS JOIN activity_units WHERE job_id = NEW.job_id
        ON CONFLICT (digits, start, what, label) DO UPDATE SET amount = amount + excluded.amount;
END;
CREATE TRIGGER media_activity_changes BEFORE UPDATE ON usage BEGIN
    INSERT INTO activity
        SELECT digits, substr(time, 1, digits), what, label, -amount
        FROM media_activity CROSS JOIN activity_units WHERE job_id = OLD.job_id
        ON CONFLICT (digits, start, what, label) DO UPDATE SET amount = amount + excluded.amount;
END;
CREATE TRIGGER media_activity_changed AFTER UPDATE ON usage BEGIN
    INSERT INTO activity
        SELECT digits, substr(time, 1, digits), what, label, amount
        FROM media_activity CROSS JOIN activity_units WHERE job_id = NEW.job_id
        ON CONFLICT (digits, start, what, label) DO UPDATE SET amount = amount + excluded.amount;
END;
CREATE TRIGGER media_activity_removed BEFORE DELETE ON usage BEGIN
    INSERT INTO activity
        SELECT digits, substr(time, 1, digits), what, label, -amount
        FROM media_activity CROSS JOIN activity_units WHERE job_id = OLD.job_id
        ON CONFLICT (digits, start, what, label) DO UPDATE SET amount = amount + excluded.amount;
END;

CREATE TRIGGER outcome_activity_added AFTER INSERT ON outcomes BEGIN
    INSERT INTO activity
        SELECT digits, substr(time, 1, digits), what, label, amount
        FROM outcome_activity CROSS JOIN activity_units WHERE media_id = NEW.media_id
        ON CONFLICT (digits, start, what, label) DO UPDATE SET amount = amount + excluded.amount;
END;
CREATE TRIGGER outcome_activity_changes BEFORE UPDATE ON outcomes BEGIN
    INSERT INTO activity
        SELECT digits, substr(time, 1, digits), what, label, -amount
        FROM outcome_activity CROSS JOIN activity_units WHERE media_id = OLD.media_id
        ON CONFLICT (digits, start, what, label) DO UPDATE SET amount = amount + excluded.amount;
END;
CREATE TRIGGER outcome_activity_changed AFTER UPDATE ON outcomes BEGIN
    INSERT INTO activity
        SELECT digits, substr(time, 1, digits), what, label, amount
        FROM outcome_activity CROSS JOIN activity_units WHERE media_id = NEW.media_id
        ON CONFLICT (digits, start, what, label) DO UPDATE SET amount = amount + excluded.amount;
END;
CREATE TRIGGER outcome_activity_removed BEFORE DELETE ON outcomes BEGIN
    INSERT INTO activity
        SELECT digits, substr(time, 1, digits), what, label, -amount
        FROM outcome_activity CROSS JOIN activity_units WHERE media_id = OLD.media_id
        ON CONFLICT (digits, start, what, label) DO UPDATE SET amount = amount + excluded.amount;
END;
