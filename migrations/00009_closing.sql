-- +goose Up
-- An account that its owner closed: nobody gets into it, and nothing of it is sent, until it is opened again.
ALTER TABLE accounts
    ADD COLUMN closed_at timestamptz,
    ADD COLUMN closed_by text NOT NULL DEFAULT '';

-- The rule holds also for a launch that began before the closing: one of the two waits for the other's row of the account.
-- +goose StatementBegin
CREATE FUNCTION refuse_launch_in_closed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    closed timestamptz;
BEGIN
    SELECT closed_at INTO closed FROM accounts WHERE account = NEW.account FOR KEY SHARE;
    IF closed IS NOT NULL THEN
        RAISE EXCEPTION 'a closed account launches nothing' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER campaigns_of_closed_added BEFORE INSERT ON campaigns
    FOR EACH ROW WHEN (NEW.state IN ('scheduled', 'running')) EXECUTE FUNCTION refuse_launch_in_closed();
CREATE TRIGGER campaigns_of_closed_launched BEFORE UPDATE OF state ON campaigns
    FOR EACH ROW WHEN (OLD.state IN ('draft', 'moderation') AND NEW.state IN ('scheduled', 'running'))
    EXECUTE FUNCTION refuse_launch_in_closed();

-- +goose Down
DROP TRIGGER campaigns_of_closed_launched ON campaigns;
DROP TRIGGER campaigns_of_closed_added ON campaigns;
DROP FUNCTION refuse_launch_in_closed;
ALTER TABLE accounts DROP COLUMN closed_at, DROP COLUMN closed_by;
