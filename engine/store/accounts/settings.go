package accounts

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/filter"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
)

// Account gives an account with its settings.
func (s *Store) Account(ctx context.Context, id ids.ID) (access.Account, error) {
	return s.account(ctx, s.desk, "account", id)
}

func (s *Store) account(ctx context.Context, from asker, statement string, id ids.ID) (access.Account, error) {
	rows, err := from.Query(ctx, s.q.Get(statement), id)
	if err != nil {
		return access.Account{}, err
	}
	a, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (a access.Account, err error) {
		var window []byte
		err = row.Scan(&a.ID, &a.Name, &a.Zone, &a.Country, &a.Language, &a.StopWords, &window, &a.CapDay, &a.CapWeek, &a.Created)
		if err == nil && window != nil {
			err = json.Unmarshal(window, &a.Window)
		}
		return a, err
	})
	return a, found(err, "account")
}

// ChangeAccount lets change set what it wants of the settings, and keeps what fits.
func (s *Store) ChangeAccount(ctx context.Context, who access.Actor, change func(*access.Account)) (a access.Account, err error) {
	err = pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		if a, err = s.account(ctx, tx, "account_lock", who.Account); err != nil {
			return err
		}
		old := a
		change(&a)
		if err := a.Check(); err != nil {
			return err
		}
		var window []byte
		if a.Window != nil {
			if window, err = json.Marshal(a.Window); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, s.q.Get("account_change"), a.ID, a.Name, a.Zone, a.Country, a.Language, a.StopWords, window, a.CapDay,
			a.CapWeek)
		if err != nil {
			return err
		}
		return Audit(ctx, tx, who, "account.changed", "account", 0, map[string]any{"old": old, "new": a})
	})
	return a, err
}

// AddAccount makes an account with its owner, who is made too where nobody has the e-mail; it gives the owner's id.
func (s *Store) AddAccount(ctx context.Context, a access.Account, email string) (user ids.ID, err error) {
	if err := a.Check(); err != nil {
		return 0, err
	}
	err = pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, s.q.Get("account_add"), a.ID, clean(a.Name), a.Zone, a.Country, a.Language)
		if duplicate(err) {
			return fault.New(fault.Conflict, "account_taken", "")
		}
		if err != nil {
			return err
		}
		var c access.Credential
		err = found(tx.QueryRow(ctx, s.q.Get("credential_by_email"), email).Scan(&c.User, &c.Email, &c.Hash), "user")
		if err == nil {
			user = c.User
			_, err = tx.Exec(ctx, s.q.Get("member_add"), a.ID, user, access.Owner, s.clock())
		} else if isMissing(err) {
			user = s.newID()
			err = s.createUser(ctx, tx, user, NewUser{Account: a.ID, Role: access.Owner, Email: email, Language: a.Language, Zone: a.Zone})
		}
		if err != nil {
			return err
		}
		return Audit(ctx, tx, access.System(a.ID), "account.created", "account", 0, map[string]any{"name": a.Name, "owner": email})
	})
	return user, err
}

// Log gives a page of the log of what was done, the newest first.
func (s *Store) Log(ctx context.Context, account ids.ID, q access.Search, r paging.Request) (paging.Page[access.Entry], error) {
	var before int64
	if err := paging.Decode(r.Cursor, &before); err != nil {
		return paging.Page[access.Entry]{}, err
	}
	rows, err := s.desk.Query(ctx, s.q.Get("audit_search"), account, q.User, q.Token, clean(q.What), clean(q.Object), q.ObjectID,
		instantOrNull(q.Since), instantOrNull(q.Until), before, r.Limit+1, wordsOf(account, q.Words))
	if err != nil {
		return paging.Page[access.Entry]{}, err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e access.Entry, err error) {
		err = row.Scan(&e.ID, &e.At, &e.User, &e.Token, &e.Name, &e.IP, &e.What, &e.Object, &e.ObjectID, &e.Change)
		return e, err
	})
	return pageOf(list, r.Limit, func(e *access.Entry) any { return int64(e.ID) }), err
}

// wordSigns are what parts words in audit_words.
const wordSigns = " \t\n.,;:-_+()[]{}<>\"'«»/\\@"

// wordsOf makes a tsquery that finds the lines of an account's log in which each word of a search, or what it may be instead
// behind a bar, begins one.
func wordsOf(account ids.ID, search string) string {
	var list []string
	for _, word := range paging.Words(search) {
		var either []string
		for _, one := range strings.Split(filter.Fold(word), "|") {
			var parts []string
			for _, part := range strings.FieldsFunc(one, func(r rune) bool { return strings.ContainsRune(wordSigns, r) }) {
				part = string([]rune(part)[:min(utf8.RuneCountInString(part), 100)])
				parts = append(parts, "'"+account.String()+":"+part+"':*")
			}
			if len(parts) > 0 {
				either = append(either, "("+strings.Join(parts, " & ")+")")
			}
		}
		if len(either) > 0 {
			list = append(list, "("+strings.Join(either, " | ")+")")
		}
	}
	return strings.Join(list, " & ")
}

// instantOrNull is null for the zero time.
func instantOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
