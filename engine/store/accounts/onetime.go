package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// Invite keeps an invitation; one that the address had before is void.
func (s *Store) Invite(ctx context.Context, who *access.Principal, i *access.Invitation, digest []byte) error {
	if err := access.CheckGrant(who, i.Role, "body.role"); err != nil {
		return err
	}
	i.ID, i.Created, i.MadeBy = s.newID(), s.clock(), max(who.User, who.Token)
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		var there bool
		if err := tx.QueryRow(ctx, s.q.Get("member_by_email"), who.Account, i.Email).Scan(&there); err != nil {
			return err
		}
		if there {
			return fault.New(fault.Conflict, "member_already", "body.email")
		}
		_, err := tx.Exec(ctx, s.q.Get("invitation_make"), who.Account, i.ID, digest, i.Email, clean(i.Name), i.Role, i.MadeBy,
			i.Created, i.Expires)
		if err != nil {
			return err
		}
		return Audit(ctx, tx, who.Actor, "user.invited", "invitation", i.ID, map[string]any{"email": i.Email, "role": i.Role})
	})
}

// DropInvitation makes an invitation void.
func (s *Store) DropInvitation(ctx context.Context, who access.Actor, id ids.ID) error {
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		var email string
		if err := tx.QueryRow(ctx, s.q.Get("invitation_drop"), who.Account, id).Scan(&email); err != nil {
			return found(err, "invitation")
		}
		return Audit(ctx, tx, who, "user.uninvited", "invitation", id, map[string]any{"email": email})
	})
}

// ResetPassword makes a one-time link by which a user of the account sets a new password. Nobody may let oneself in as
// somebody with more rights, here or in another account of that user.
func (s *Store) ResetPassword(ctx context.Context, who *access.Principal, user ids.ID, digest []byte, expires time.Time) error {
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		if _, err := s.lockMember(ctx, tx, who, user, false); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, s.q.Get("member_elsewhere"), who.Account, user, who.User)
		if err != nil {
			return err
		}
		var theirs access.Role
		var ours *access.Role
		_, err = pgx.ForEachRow(rows, []any{&theirs, &ours}, func() error {
			if ours == nil || access.CheckGrant(&access.Principal{Scopes: access.ScopesOf(*ours)}, theirs, "") != nil {
				return fault.New(fault.Conflict, "user_elsewhere", "path.user")
			}
			return nil
		})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, s.q.Get("reset_make"), user, digest, expires); err != nil {
			return err
		}
		return Audit(ctx, tx, who.Actor, "user.password_link", "user", user, nil)
	})
}

// MakeReset makes a one-time link for a user of whatever accounts: for the commands of who runs the installation.
func (s *Store) MakeReset(ctx context.Context, user ids.ID, digest []byte, expires time.Time) error {
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, s.q.Get("reset_make"), user, digest, expires); err != nil {
			return err
		}
		return s.auditHomes(ctx, tx, user, func(account ids.ID) error {
			return Audit(ctx, tx, access.System(account), "user.password_link", "user", user, nil)
		})
	})
}

// auditHomes writes into the log of each account of a user.
func (s *Store) auditHomes(ctx context.Context, tx pgx.Tx, user ids.ID, write func(account ids.ID) error) error {
	rows, err := tx.Query(ctx, s.q.Get("homes"), user)
	if err != nil {
		return err
	}
	homes, err := pgx.CollectRows(rows, pgx.RowTo[ids.ID])
	for _, account := range homes {
		if err == nil {
			err = write(account)
		}
	}
	return err
}

// LinkOf implements access.Keeper.
func (s *Store) LinkOf(ctx context.Context, digest []byte) (*access.Link, error) {
	l, known := &access.Link{Kind: access.Reset}, &access.Credential{}
	err := s.desk.QueryRow(ctx, s.q.Get("reset_of"), digest).Scan(&known.User, &l.Email, &l.Name, &known.Hash, &l.Expires)
	if errors.Is(err, pgx.ErrNoRows) {
		l.Kind = access.Join
		err = s.desk.QueryRow(ctx, s.q.Get("invitation_of"), digest).Scan(&l.AccountID, &l.ID, &l.Email, &l.Name, &l.Role,
			&l.Expires, &l.Account, &known.User, &known.Hash)
	}
	if known.User != 0 {
		known.Email, l.Known = l.Email, known
	}
	return l, found(err, "link")
}

// UseLink implements access.Keeper.
func (s *Store) UseLink(ctx context.Context, digest []byte, l *access.Link, hash, name string, n access.NewSession) error {
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		statement := map[access.LinkKind]string{access.Join: "invitation_use", access.Reset: "reset_use"}[l.Kind]
		tag, err := tx.Exec(ctx, s.q.Get(statement), digest, s.clock())
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, "no_link", "")
		}
		if l.Kind == access.Join {
			n.Account = l.AccountID
			n.User, err = s.join(ctx, tx, l, hash, name, n.IP)
		} else {
			n.User = l.Known.User
			if name != l.Name {
				if _, err := tx.Exec(ctx, s.q.Get("user_name"), n.User, clean(name)); err != nil {
					return err
				}
			}
			err = s.replacePassword(ctx, tx, n.User, hash, nil, n.IP)
		}
		if err != nil {
			return err
		}
		return s.beginSession(ctx, tx, n)
	})
}

// join makes an invited one a member of the account, and a user if need be.
func (s *Store) join(ctx context.Context, tx pgx.Tx, l *access.Link, hash, name, ip string) (user ids.ID, err error) {
	switch l.Known {
	case nil:
		user = s.newID()
		a, err := s.account(ctx, tx, "account", l.AccountID)
		if err != nil {
			return 0, err
		}
		err = s.createUser(ctx, tx, user, NewUser{Account: l.AccountID, Role: l.Role, Email: l.Email, Name: name, Password: hash,
			Language: a.Language, Zone: a.Zone})
		if err != nil {
			return 0, err
		}
	default:
		user = l.Known.User
		if hash != "" {
			if err := s.replacePassword(ctx, tx, user, hash, nil, ip); err != nil {
				return 0, err
			}
		}
		_, err := tx.Exec(ctx, s.q.Get("member_add"), l.AccountID, user, l.Role, s.clock())
		if duplicate(err) {
			return 0, fault.New(fault.Conflict, "member_already", "body.code")
		}
		if err != nil {
			return 0, err
		}
	}
	actor, err := s.actor(ctx, tx, l.AccountID, user, ip)
	if err != nil {
		return 0, err
	}
	return user, Audit(ctx, tx, actor, "user.joined", "user", user, map[string]any{"email": l.Email, "role": l.Role})
}

// SetPassword implements access.Keeper.
func (s *Store) SetPassword(ctx context.Context, who access.Actor, hash string, keep []byte) error {
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		return s.replacePassword(ctx, tx, who.User, hash, keep, who.IP)
	})
}

// replacePassword sets a password; one-time links and all sessions but the one to keep end.
func (s *Store) replacePassword(ctx context.Context, tx pgx.Tx, user ids.ID, hash string, keep []byte, ip string) error {
	if keep == nil {
		keep = []byte{}
	}
	b := &pgx.Batch{}
	b.Queue(s.q.Get("user_password"), user, hash)
	b.Queue(s.q.Get("reset_drop"), user)
	b.Queue(s.q.Get("session_end_others"), user, keep)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	return s.auditHomes(ctx, tx, user, func(account ids.ID) error {
		actor, err := s.actor(ctx, tx, account, user, ip)
		if err != nil {
			return err
		}
		return Audit(ctx, tx, actor, "user.password_set", "user", user, nil)
	})
}
