-- The sums of each whole hour and day (UTC), by library: kept, since a sum over a year would read every job of it.
-- `unit` is how many characters of a time name the period. An entry of more milliseconds than the longest media has
-- (24 days), or of less than none, was written before that was checked, and adds nothing.
CREATE TABLE usage_sums (
    unit INTEGER NOT NULL,
    period TEXT NOT NULL,
    library TEXT NOT NULL,
    jobs INTEGER NOT NULL,
    milliseconds INTEGER NOT NULL,
    cpu_milliseconds INTEGER NOT NULL,
    PRIMARY KEY (unit, period, library)
) WITHOUT ROWID;
CREATE VIEW usage_parts AS
    SELECT
        job_id,
        unit.digits AS unit,
        substr(completed, 1, unit.digits) AS period,
        library,
        CASE WHEN milliseconds BETWEEN 0 AND 2073600000 THEN milliseconds ELSE 0 END AS milliseconds,
        cpu_milliseconds
    FROM usage CROSS JOIN (SELECT 13 AS digits UNION ALL SELECT 10) AS unit;
INSERT INTO usage_sums
    SELECT unit, period, library, count(*), sum(milliseconds), sum(cpu_milliseconds)
    FROM usage_parts GROUP BY unit, period, library;
CREATE TRIGGER usage_added AFTER INSERT ON usage BEGIN
    INSERT INTO usage_sums
        SELECT unit, period, library, 1, milliseconds, cpu_milliseconds FROM usage_parts WHERE job_id = NEW.job_id
        ON CONFLICT (unit, period, library) DO UPDATE SET
            jobs = jobs + 1,
            milliseconds = milliseconds + excluded.milliseconds,
            cpu_milliseconds = cpu_milliseconds + excluded.cpu_milliseconds;
END;
CREATE TRIGGER usage_changes BEFORE UPDATE ON usage BEGIN
    UPDATE usage_sums SET
        jobs = usage_sums.jobs - 1,
        milliseconds = usage_sums.milliseconds - part.milliseconds,
        cpu_milliseconds = usage_sums.cpu_milliseconds - part.cpu_milliseconds
        FROM (SELECT * FROM usage_parts WHERE job_id = OLD.job_id) AS part
        WHERE usage_sums.unit = part.unit AND usage_sums.period = part.period AND usage_sums.library = part.library;
END;
CREATE TRIGGER usage_changed AFTER UPDATE ON usage BEGIN
    INSERT INTO usage_sums
        SELECT unit, period, library, 1, milliseconds, cpu_milliseconds FROM usage_parts WHERE job_id = NEW.job_id
        ON CONFLICT (unit, period, library) DO UPDATE SET
            jobs = jobs + 1,
            milliseconds = milliseconds + excluded.milliseconds,
            cpu_milliseconds = cpu_milliseconds + excluded.cpu_milliseconds;
    DELETE FROM usage_sums WHERE unit IN (13, 10) AND period = substr(OLD.completed, 1, unit) AND library = OLD.library
        AND jobs = 0;
END;
CREATE TRIGGER usage_removed BEFORE DELETE ON usage BEGIN
    UPDATE usage_sums SET
        jobs = usage_sums.jobs - 1,
        milliseconds = usage_sums.milliseconds - part.milliseconds,
        cpu_milliseconds = usage_sums.cpu_milliseconds - part.cpu_milliseconds
        FROM (SELECT * FROM usage_parts WHERE job_id = OLD.job_id) AS part
        WHERE usage_sums.unit = part.unit AND usage_sums.period = part.period AND usage_sums.library = part.library;
    DELETE FROM usage_sums WHERE unit IN (13, 10) AND period = substr(OLD.completed, 1, unit) AND library = OLD.library
        AND jobs = 0;
END;
