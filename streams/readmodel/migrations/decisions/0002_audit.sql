-- The log by who has decided, and by case.
ALTER TABLE decisions ADD COLUMN who TEXT NOT NULL DEFAULT '';
UPDATE decisions SET who = coalesce(json_extract(CAST(doc AS TEXT), '$.Who'), '');
CREATE INDEX decisions_by_who ON decisions (who, time DESC, decision_id DESC);
CREATE INDEX decisions_by_case ON decisions (case_id, time DESC, decision_id DESC);

-- Of each match whether somebody has said that the two have nothing to do with each other, whichever was the input
-- then. It is kept with the match: to ask for every one of a long list which pairs are dismissed takes too long.
UPDATE matches SET dismissed = 1
    WHERE EXISTS (
        SELECT 1 FROM decided_pairs AS pair WHERE pair.state = 'dismissed'
        AND pair.media_id = matches.media_id AND pair.reference = matches.reference
    ) OR EXISTS (
        SELECT 1 FROM decided_pairs AS pair WHERE pair.state = 'dismissed'
        AND pair.media_id = matches.reference AND pair.reference = matches.media_id
    );
CREATE TRIGGER match_of_a_decided_pair AFTER INSERT ON matches BEGIN
    UPDATE matches SET dismissed = 1
        WHERE (reference, library, job_id) = (NEW.reference, NEW.library, NEW.job_id)
        AND (
            EXISTS (
                SELECT 1 FROM decided_pairs AS pair WHERE pair.state = 'dismissed'
                AND pair.media_id = NEW.media_id AND pair.reference = NEW.reference
            ) OR EXISTS (
                SELECT 1 FROM decided_pairs AS pair WHERE pair.state = 'dismissed'
                AND pair.media_id = NEW.reference AND pair.reference = NEW.media_id
            )
        );
END;
CREATE TRIGGER pair_decided AFTER INSERT ON decided_pairs WHEN NEW.state = 'dismissed' BEGIN
    UPDATE matches SET dismissed = 1 WHERE media_id = NEW.media_id AND reference = NEW.reference;
    UPDATE matches SET dismissed = 1 WHERE media_id = NEW.reference AND reference = NEW.media_id;
END;
CREATE TRIGGER pair_decided_anew AFTER UPDATE OF state ON decided_pairs WHEN OLD.state <> NEW.state BEGIN
    UPDATE matches SET dismissed = (
        EXISTS (
            SELECT 1 FROM decided_pairs AS pair WHERE pair.state = 'dismissed'
            AND pair.media_id = NEW.media_id AND pair.reference = NEW.reference
        ) OR EXISTS (
            SELECT 1 FROM decided_pairs AS pair WHERE pair.state = 'dismissed'
            AND pair.media_id = NEW.reference AND pair.reference = NEW.media_id
        )
    ) WHERE (media_id = NEW.media_id AND reference = NEW.reference)
        OR (media_id = NEW.reference AND reference = NEW.media_id);
END;
