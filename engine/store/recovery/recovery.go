// Package recovery makes a database safe that was restored to an earlier moment: what was sent after that moment is not in
// it, and would be sent again. RECOVERY.md in the folder above says what a person has to do then.
package recovery

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/ids"
	"kaskad/engine/store/accounts"
	"kaskad/engine/store/sqlfile"
	"kaskad/engine/store/wire"
	"kaskad/migrations"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// ErrInUse says that processes of ours are connected.
var ErrInUse = errors.New("processes of kaskad are connected to the database")

// Options say what is known of the restored moment.
type Options struct {
	// Taken is the moment that the database was restored to; zero: not known.
	Taken time.Time
	// Note is what people read beside a campaign that was paused, by the account's language, ru or en.
	Note map[string]string
}

// Campaign is one that was paused.
type Campaign struct {
	Account ids.ID `json:"account"`
	ID      ids.ID `json:"campaign"`
	Name    string `json:"name"`
	State   string `json:"state"` // that it had
	Open    int64  `json:"open"`  // walks that have not ended
	note    string
}

// Report tells what was changed.
type Report struct {
	Campaigns []Campaign `json:"campaigns"`
	Launches  int64      `json:"launches"` // that were under way and were given up: drafts again
	Sessions  int64      `json:"sessions"` // that were ended
}

// Pause keeps a restored database from sending anything by itself, in one transaction: running and scheduled campaigns are
// paused, with a note and a line in the account's log, and so are repeated ones; launches under way are given up; whoever was
// signed in has to sign in again, because a session or link that was ended since would be valid again. The database must have
// all migrations, and no process of ours may be connected to it: the error is ErrInUse then. Done twice it changes nothing more.
func Pause(ctx context.Context, url string, o Options) (r Report, err error) {
	conn, q, err := connect(ctx, url)
	if err != nil {
		return r, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) (err error) {
		var others int
		if err := tx.QueryRow(ctx, q.Get("others")).Scan(&others); err != nil {
			return err
		}
		if others > 0 {
			return ErrInUse
		}
		if r.Campaigns, err = o.pause(ctx, tx, q); err != nil {
			return err
		}
		for _, next := range []struct {
			name  string
			count *int64
		}{{"give_up_launches", &r.Launches}, {"end_sessions", &r.Sessions}, {"end_links", new(int64)}, {"forget_processes", new(int64)}} {
			tag, err := tx.Exec(ctx, q.Get(next.name))
			if err != nil {
				return err
			}
			*next.count = tag.RowsAffected()
		}
		return nil
	})
	return r, err
}

// pause pauses what runs or would.
func (o *Options) pause(ctx context.Context, tx pgx.Tx, q sqlfile.Queries) ([]Campaign, error) {
	rows, err := tx.Query(ctx, q.Get("pause"), o.Note["ru"], o.Note["en"])
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Campaign, err error) {
		var account, id int64
		err = row.Scan(&account, &id, &c.Name, &c.State, &c.Open, &c.note)
		c.Account, c.ID = ids.ID(account), ids.ID(id)
		return c, err
	})
	if err != nil {
		return nil, err
	}
	return list, o.log(ctx, tx, list)
}

// log writes into the accounts' logs what was paused.
func (o *Options) log(ctx context.Context, tx pgx.Tx, list []Campaign) error {
	for _, c := range list {
		change := map[string]any{"note": c.note, "was": c.State}
		if !o.Taken.IsZero() {
			change["taken"] = o.Taken.UTC()
		}
		if err := accounts.Audit(ctx, tx, access.System(c.Account), "campaign.paused", "campaign", c.ID, change); err != nil {
			return err
		}
	}
	return nil
}

func connect(ctx context.Context, url string) (*pgx.Conn, sqlfile.Queries, error) {
	q, err := sqlfile.Load(queryFiles)
	if err != nil {
		return nil, nil, err
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, nil, err
	}
	wire.Dial(&config.Config)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, nil, err
	}
	if err := wire.Settle(ctx, conn, nil); err != nil {
		return nil, nil, errors.Join(err, conn.Close(ctx))
	}
	return conn, q, nil
}

// Refresh rebuilds all indexes where texts are sorted otherwise on this machine than where the database was filled, for
// they would not find their rows; it says whether that was so.
func Refresh(ctx context.Context, url string) (bool, error) {
	conn, q, err := connect(ctx, url)
	if err != nil {
		return false, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var name string
	var differs bool
	if err := conn.QueryRow(ctx, q.Get("sorted_otherwise")).Scan(&name, &differs); err != nil || !differs {
		return false, err
	}
	database := pgx.Identifier{name}.Sanitize()
	for _, statement := range []string{"REINDEX DATABASE " + database, "ALTER DATABASE " + database + " REFRESH COLLATION VERSION"} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return false, fmt.Errorf("recovery: %s: %w", statement, err)
		}
	}
	return true, nil
}

// Schema is the number of a database's last migration; 0: it has none.
func Schema(ctx context.Context, url string) (version int64, err error) {
	conn, q, err := connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var any bool
	if err := conn.QueryRow(ctx, q.Get("migrated")).Scan(&any); err != nil || !any {
		return 0, err
	}
	err = conn.QueryRow(ctx, q.Get("schema")).Scan(&version)
	return version, err
}

// Known is the number of the last migration that this program has.
func Known() (last int64, err error) {
	files, err := migrations.Files.ReadDir(".")
	if err != nil {
		return 0, err
	}
	for _, f := range files {
		number, _, _ := strings.Cut(path.Base(f.Name()), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("recovery: the migration %s has no number: %w", f.Name(), err)
		}
		last = max(last, n)
	}
	return last, nil
}
