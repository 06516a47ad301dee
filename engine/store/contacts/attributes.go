package contacts

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/fault"
	"kaskad/engine/filter"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/store/accounts"
)

// Attributes gives the definitions of an account, by key: those in whose key or title each word of a search is, case aside.
func (s *Store) Attributes(ctx context.Context, account ids.ID, search string) ([]audience.Attribute, error) {
	list, err := s.definitions(ctx, s.desk, account)
	words := paging.Words(search)
	return slices.DeleteFunc(list, func(a audience.Attribute) bool {
		text := filter.Fold(a.Key + " " + a.Title)
		return slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, filter.Fold(w)) })
	}), err
}

func (s *Store) definitions(ctx context.Context, db rower, account ids.ID) ([]audience.Attribute, error) {
	rows, err := db.Query(ctx, s.q.Get("attributes")+" ORDER BY key", int64(account))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a audience.Attribute, err error) {
		err = row.Scan(&a.Key, &a.Title, &a.Type, &a.Choices, &a.CreatedAt)
		a.CreatedAt = a.CreatedAt.UTC()
		return a, err
	})
}

// Attribute gives one definition.
func (s *Store) Attribute(ctx context.Context, account ids.ID, key string) (audience.Attribute, error) {
	list, err := s.definitions(ctx, s.desk, account)
	if err != nil {
		return audience.Attribute{}, err
	}
	i := slices.IndexFunc(list, func(a audience.Attribute) bool { return a.Key == key })
	if i < 0 {
		return audience.Attribute{}, fault.New(fault.NotFound, "attribute_not_found", "path.attribute")
	}
	return list[i], nil
}

// CreateAttribute makes a definition.
func (s *Store) CreateAttribute(ctx context.Context, actor access.Actor, a audience.Attribute) (audience.Attribute, error) {
	if err := a.Check(); err != nil {
		return a, err
	}
	err := s.change(ctx, func(tx pgx.Tx) error {
		list, err := s.definitions(ctx, tx, actor.Account)
		if err != nil {
			return err
		}
		if len(list) >= audience.MaxDefinitions {
			return fault.New(fault.Conflict, "too_many_definitions", "", "max", audience.MaxDefinitions)
		}
		_, err = tx.Exec(ctx, s.q.Get("attribute_add"), int64(actor.Account), a.Key, a.Title, a.Type, a.Choices, s.Clock())
		if taken(err, "attributes_pkey") {
			return fault.New(fault.Conflict, "attribute_taken", "body.key", "key", a.Key)
		}
		if err != nil {
			return err
		}
		return accounts.Audit(ctx, tx, actor, "attribute.created", "attribute", 0, a)
	})
	if err != nil {
		return a, err
	}
	return s.Attribute(ctx, actor.Account, a.Key)
}

// ChangeAttribute gives a definition another title, other choices, or both. Its type stays: values of contacts have it.
// Values that are no choice any more stay too, until they are changed.
func (s *Store) ChangeAttribute(ctx context.Context, actor access.Actor, key string, title *string, choices *[]string) (
	audience.Attribute, error) {
	a, err := s.Attribute(ctx, actor.Account, key)
	if err != nil {
		return a, err
	}
	if title != nil {
		a.Title = *title
	}
	if choices != nil {
		a.Choices = *choices
	}
	if err := a.Check(); err != nil {
		return a, err
	}
	err = s.change(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, s.q.Get("attribute_set"), int64(actor.Account), key, a.Title, a.Choices); err != nil {
			return err
		}
		return accounts.Audit(ctx, tx, actor, "attribute.changed", "attribute", 0, a)
	})
	return a, err
}
