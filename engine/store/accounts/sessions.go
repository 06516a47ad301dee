package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
)

var _ access.Keeper = (*Store)(nil)

// VisitOf implements access.Keeper.
func (s *Store) VisitOf(ctx context.Context, digest []byte) (*access.Visit, error) {
	var v access.Visit
	err := s.desk.QueryRow(ctx, s.q.Get("visit"), digest).Scan(&v.ID, &v.User, &v.Account, &v.Created, &v.Seen, &v.IP, &v.Agent,
		&v.Email, &v.Name, &v.Role)
	return &v, found(err, "session")
}

// SessionSeen implements access.Keeper.
func (s *Store) SessionSeen(ctx context.Context, id ids.ID, at time.Time) error {
	_, err := s.desk.Exec(ctx, s.q.Get("session_seen"), id, at)
	return err
}

// BeginSession implements access.Keeper.
func (s *Store) BeginSession(ctx context.Context, n access.NewSession) error {
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error { return s.beginSession(ctx, tx, n) })
}

func (s *Store) beginSession(ctx context.Context, tx pgx.Tx, n access.NewSession) error {
	var account ids.ID
	err := tx.QueryRow(ctx, s.q.Get("session_home"), n.User, n.Account).Scan(&account)
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.Forbidden, "no_account", "")
	}
	if err != nil {
		return err
	}
	id := s.newID()
	_, err = tx.Exec(ctx, s.q.Get("session_begin"), n.Digest, id, n.User, account, s.clock(), clean(n.IP), clean(n.Agent))
	if err != nil {
		return err
	}
	actor, err := s.actor(ctx, tx, account, n.User, n.IP)
	if err != nil {
		return err
	}
	return Audit(ctx, tx, actor, "session.begun", "session", id, nil)
}

// actor is a user as the log calls that one.
func (s *Store) actor(ctx context.Context, tx pgx.Tx, account, user ids.ID, ip string) (access.Actor, error) {
	m, err := s.member(ctx, tx, account, user)
	if err != nil {
		return access.Actor{}, err
	}
	name := m.Name
	if name == "" {
		name = m.Email
	}
	return access.Actor{Account: account, User: user, Name: name, IP: ip}, nil
}

// Sessions gives the sessions of a user that are not over, the one of the digest first.
func (s *Store) Sessions(ctx context.Context, user ids.ID, digest []byte, search string) ([]access.Session, error) {
	now := s.clock()
	rows, err := s.desk.Query(ctx, s.q.Get("session_list"), user, digest, now.Add(-access.SessionMost), now.Add(-access.SessionIdle),
		paging.Words(search))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (v access.Session, err error) {
		err = row.Scan(&v.ID, &v.Created, &v.Seen, &v.IP, &v.Agent, &v.Current)
		return v, err
	})
}

// EndSession ends one of a user's own sessions.
func (s *Store) EndSession(ctx context.Context, who access.Actor, id ids.ID) error {
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, s.q.Get("session_end"), who.User, id)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, "no_session", "path.session")
		}
		return Audit(ctx, tx, who, "session.ended", "session", id, nil)
	})
}

// SignOut ends the session of a digest, if there is one.
func (s *Store) SignOut(ctx context.Context, digest []byte) error {
	_, err := s.desk.Exec(ctx, s.q.Get("session_end_by_digest"), digest)
	return err
}

// SwitchAccount lets a session go on in another account of its user.
func (s *Store) SwitchAccount(ctx context.Context, digest []byte, account ids.ID) error {
	tag, err := s.desk.Exec(ctx, s.q.Get("session_switch"), digest, account)
	if err == nil && tag.RowsAffected() == 0 {
		err = fault.New(fault.NotFound, "no_account_of_yours", "body.account")
	}
	return err
}

// found turns a row that is not there into a fault.
func found(err error, object string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.NotFound, "no_"+object, "path."+object)
	}
	return err
}
