package contacts

import (
	"kaskad/engine/audience"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
)

// PageStatement gives the statement of the first page of a list, to be explained.
func (s *Store) PageStatement(account ids.ID, q audience.Query) (string, []any, error) {
	b, err := s.conditionOf(account, q, "RU")
	if err != nil {
		return "", nil, err
	}
	sql, err := b.page(s.q.Get("contact"), q.Sort, paging.Request{Limit: 50})
	return sql, b.args, err
}
