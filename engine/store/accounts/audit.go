package accounts

import (
	"context"
	_ "embed" // the statement
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/ids"
)

//go:embed queries/audit.sql
var auditInsert string

// Audit writes into the log of an account, in the transaction of what was done. what is dotted, such as campaign.paused;
// object is the kind of thing, such as campaign, and id which one, 0 where the account itself is meant. change is told as
// JSON and may be nil; no secret belongs into it. The instant is the database's clock, so that the log is in one order
// whatever the processes' clocks say.
func Audit(ctx context.Context, tx pgx.Tx, actor access.Actor, what, object string, id ids.ID, change any) error {
	var text []byte
	if change != nil {
		var err error
		if text, err = json.Marshal(change); err != nil {
			return fmt.Errorf("accounts: the change of %s: %w", what, err)
		}
	}
	_, err := tx.Exec(ctx, auditInsert, int64(actor.Account), int64(actor.User), int64(actor.Token), clean(actor.Name),
		clean(actor.IP), what, object, int64(id), text)
	if err != nil {
		return fmt.Errorf("accounts: the log: %w", err)
	}
	return nil
}

// clean makes a text that the database takes: UTF-8 without NUL.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
