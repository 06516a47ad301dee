package accounts

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
)

// listing is a list that is read page by page in one of several orders.
type listing[T any] struct {
	statement string            // in which the item is x
	args      []any             // of the statement
	id        string            // the column that tells items apart
	sorts     map[string]string // by what the order is called; empty: by the id
	key       func(*T) (text string, id ids.ID)
	scan      pgx.RowToFunc[T]
}

// page reads a page in an order; with - the last come first.
func (l *listing[T]) page(ctx context.Context, from asker, sort string, r paging.Request) (paging.Page[T], error) {
	name, backwards := strings.CutPrefix(sort, "-")
	column, ok := l.sorts[name]
	if !ok {
		return paging.Page[T]{}, fault.New(fault.Invalid, "bad_sort", "query.sort")
	}
	by := "x." + l.id
	if column != "" {
		by = fmt.Sprintf(`folded(x.%s) COLLATE "C"`, column)
	}
	sign, direction, args := ">", "", l.args
	if backwards {
		sign, direction = "<", " DESC"
	}
	where := ""
	if r.Cursor != "" {
		var after paging.Place
		if err := paging.Decode(r.Cursor, &after); err != nil {
			return paging.Page[T]{}, err
		}
		if after.Sort != sort {
			return paging.Page[T]{}, fault.New(fault.Invalid, "bad_cursor", "query.cursor")
		}
		n := len(args)
		if column == "" {
			where, args = fmt.Sprintf(" WHERE %s %s $%d", by, sign, n+1), append(args, after.ID)
		} else {
			where = fmt.Sprintf(` WHERE (%s, x.%s) %s (folded($%d::text) COLLATE "C", $%d)`, by, l.id, sign, n+1, n+2)
			args = append(args, clean(after.Text), after.ID)
		}
	}
	rows, err := from.Query(ctx, fmt.Sprintf("SELECT * FROM (%s) x%s ORDER BY %s%s, x.%s%s LIMIT %d", l.statement, where, by, direction, l.id,
		direction, r.Limit+1), args...)
	if err != nil {
		return paging.Page[T]{}, err
	}
	list, err := pgx.CollectRows(rows, l.scan)
	return pageOf(list, r.Limit, func(item *T) any {
		text, id := l.key(item)
		if column == "" {
			text = ""
		}
		return paging.Place{Sort: sort, Text: text, ID: int64(id)}
	}), err
}

// Members gives a page of an account's users.
func (s *Store) Members(ctx context.Context, account ids.ID, q access.Seek, r paging.Request) (paging.Page[access.Member], error) {
	l := listing[access.Member]{statement: s.q.Get("member_list"), args: []any{account, paging.Words(q.Search), string(q.Role)}, id: "user_id",
		sorts: map[string]string{"": "email", "email": "email", "name": "name"}, scan: scanMember,
		key: func(m *access.Member) (string, ids.ID) {
			if strings.HasSuffix(q.Sort, "name") {
				return m.Name, m.ID
			}
			return m.Email, m.ID
		}}
	return l.page(ctx, s.desk, q.Sort, r)
}

// Invitations gives a page of those that were not used yet.
func (s *Store) Invitations(ctx context.Context, account ids.ID, q access.SeekInvitations, r paging.Request) (
	paging.Page[access.Invitation], error) {
	l := listing[access.Invitation]{statement: s.q.Get("invitation_list"), id: "invitation",
		args:  []any{account, paging.Words(q.Search), string(q.Role), q.State, s.clock()},
		sorts: map[string]string{"": "", "created_at": "", "email": "email"}, scan: pgx.RowToStructByPos[access.Invitation],
		key: func(i *access.Invitation) (string, ids.ID) { return i.Email, i.ID }}
	return l.page(ctx, s.desk, q.Sort, r)
}

// Tokens gives a page of an account's tokens.
func (s *Store) Tokens(ctx context.Context, account ids.ID, q access.SeekTokens, r paging.Request) (paging.Page[access.Token], error) {
	l := listing[access.Token]{statement: s.q.Get("token_list"), id: "token",
		args:  []any{account, paging.Words(q.Search), q.State, s.clock(), string(q.Scope)},
		sorts: map[string]string{"": "", "created_at": "", "name": "name"}, scan: scanToken,
		key: func(t *access.Token) (string, ids.ID) { return t.Name, t.ID }}
	return l.page(ctx, s.desk, q.Sort, r)
}
