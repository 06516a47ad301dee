package accounts

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
)

// NewUser is a user to be made, with a first account.
type NewUser struct {
	Account        ids.ID
	Role           access.Role
	Email          string // as access.Email makes it
	Name           string
	Password       string // hashed; empty: none yet
	Language, Zone string
}

// CreateUser makes a user who belongs to an account; a fault of the kind Conflict where the e-mail is taken.
func (s *Store) CreateUser(ctx context.Context, actor access.Actor, n NewUser) (ids.ID, error) {
	id := s.newID()
	err := pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		if err := s.createUser(ctx, tx, id, n); err != nil {
			return err
		}
		return Audit(ctx, tx, actor, "user.created", "user", id, map[string]any{"email": n.Email, "role": n.Role})
	})
	return id, err
}

func (s *Store) createUser(ctx context.Context, tx pgx.Tx, id ids.ID, n NewUser) error {
	now := s.clock()
	_, err := tx.Exec(ctx, s.q.Get("user_create"), id, n.Email, clean(n.Name), n.Password, n.Language, n.Zone, now)
	if duplicate(err) {
		return fault.New(fault.Conflict, "email_taken", "body.email")
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, s.q.Get("member_add"), n.Account, id, n.Role, now)
	return err
}

// AnyUser tells whether the installation has a user.
func (s *Store) AnyUser(ctx context.Context) (yes bool, err error) {
	err = s.desk.QueryRow(ctx, s.q.Get("user_any")).Scan(&yes)
	return yes, err
}

// FirstOwner gives the first owner as long as nobody in the installation has set a password, 0 afterwards.
func (s *Store) FirstOwner(ctx context.Context) (user ids.ID, email string, err error) {
	err = s.desk.QueryRow(ctx, s.q.Get("user_first")).Scan(&user, &email)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, "", nil
	}
	return user, email, err
}

// Member gives a user of an account.
func (s *Store) Member(ctx context.Context, account, user ids.ID) (access.Member, error) {
	return s.member(ctx, s.desk, account, user)
}

// asker is the pool or a transaction.
type asker interface {
	Query(ctx context.Context, statement string, args ...any) (pgx.Rows, error)
}

func (s *Store) member(ctx context.Context, from asker, account, user ids.ID) (access.Member, error) {
	rows, err := from.Query(ctx, s.q.Get("member"), account, user)
	if err != nil {
		return access.Member{}, err
	}
	m, err := pgx.CollectExactlyOneRow(rows, scanMember)
	return m, found(err, "user")
}

func scanMember(row pgx.CollectableRow) (m access.Member, err error) {
	err = row.Scan(&m.ID, &m.Email, &m.Name, &m.Role, &m.Language, &m.Zone, &m.Ready, &m.Joined)
	return m, err
}

// ChangeRole gives a user another role.
func (s *Store) ChangeRole(ctx context.Context, who *access.Principal, user ids.ID, role access.Role) (m access.Member, err error) {
	if err := access.CheckGrant(who, role, "body.role"); err != nil {
		return m, err
	}
	err = pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		old, err := s.lockMember(ctx, tx, who, user, role != access.Owner)
		if err != nil {
			return err
		}
		if old != role {
			if _, err := tx.Exec(ctx, s.q.Get("member_role"), who.Account, user, role); err != nil {
				return err
			}
			change := map[string]any{"old": old, "new": role}
			if err := Audit(ctx, tx, who.Actor, "user.role_changed", "user", user, change); err != nil {
				return err
			}
		}
		m, err = s.member(ctx, tx, who.Account, user)
		return err
	})
	return m, err
}

// RemoveMember takes a user out of an account. Sessions in it end; a user of no account is gone.
func (s *Store) RemoveMember(ctx context.Context, who *access.Principal, user ids.ID) error {
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		if _, err := s.lockMember(ctx, tx, who, user, true); err != nil {
			return err
		}
		m, err := s.member(ctx, tx, who.Account, user)
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(s.q.Get("member_remove"), who.Account, user)
		b.Queue(s.q.Get("session_end_in"), user, who.Account)
		b.Queue(s.q.Get("user_homeless"), user)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		return Audit(ctx, tx, who.Actor, "user.removed", "user", user, map[string]any{"email": m.Email, "role": m.Role})
	})
}

// lockMember keeps a membership as it is until the transaction ends. It refuses what would leave an account without an
// owner, where the member loses that role, and what is above who asks.
func (s *Store) lockMember(ctx context.Context, tx pgx.Tx, who *access.Principal, user ids.ID, loses bool) (access.Role, error) {
	rows, err := tx.Query(ctx, s.q.Get("member_lock"), who.Account, user)
	if err != nil {
		return "", err
	}
	var role access.Role
	owners := 0
	var id ids.ID
	var each access.Role
	_, err = pgx.ForEachRow(rows, []any{&id, &each}, func() error {
		if each == access.Owner {
			owners++
		}
		if id == user {
			role = each
		}
		return nil
	})
	switch {
	case err != nil:
		return "", err
	case role == "":
		return "", fault.New(fault.NotFound, "no_user", "path.user")
	}
	if err := access.CheckGrant(who, role, "path.user"); err != nil {
		return "", err
	}
	if role == access.Owner && loses && owners == 1 {
		return "", fault.New(fault.Conflict, "last_owner", "path.user")
	}
	return role, nil
}

// ChangeProfile changes who asks.
func (s *Store) ChangeProfile(ctx context.Context, who access.Actor, name, language, zone string) error {
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, s.q.Get("user_change"), who.User, clean(name), language, zone); err != nil {
			return err
		}
		change := map[string]string{"name": name, "language": language, "zone": zone}
		return Audit(ctx, tx, who, "user.changed", "user", who.User, change)
	})
}

// Standings gives the accounts of a user.
func (s *Store) Standings(ctx context.Context, user ids.ID) ([]access.Standing, error) {
	rows, err := s.desk.Query(ctx, s.q.Get("standings"), user)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[access.Standing])
}

// pageOf makes a page of a list that was asked for with one item more than the limit.
func pageOf[T any](list []T, limit int, key func(*T) any) paging.Page[T] {
	p := paging.Page[T]{Items: list}
	if len(list) > limit {
		p.Items = list[:limit]
		p.Next = paging.Encode(key(&list[limit-1]))
	}
	if p.Items == nil {
		p.Items = []T{}
	}
	return p
}

// duplicate reports whether a row was there already.
func duplicate(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "23505"
}
