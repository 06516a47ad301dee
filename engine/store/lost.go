package store

import (
	"context"

	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// launched leaves out answers to messages of which another run of the server had the intent, and this one has not: its last
// commits were lost with it. They are rare enough to be asked for.
func (s *Store) launched(ctx context.Context, answers []run.Answer) ([]run.Answer, error) {
	return there(ctx, s, "by_key", answers, func(a *run.Answer) (channel.Key, int64) { return a.Key, a.Server })
}

// waitedFor leaves out results of webhooks for which, after the loss of such commits, nobody waits.
func (s *Store) waitedFor(ctx context.Context, results []run.HookResult) ([]run.HookResult, error) {
	return there(ctx, s, "calling", results, func(r *run.HookResult) (channel.Key, int64) { return r.Key, r.Server })
}

// there asks by a statement for what another run of the server has committed, and leaves out what is not there.
func there[T any](ctx context.Context, s *Store, statement string, list []T, what func(*T) (channel.Key, int64)) ([]T, error) {
	var asked []int
	c := columns(5, 0)
	for i := range list {
		if key, server := what(&list[i]); s.elsewhere(server) {
			putKey(c, key)
			asked = append(asked, i)
		}
	}
	if len(asked) == 0 {
		return list, nil
	}
	rows, err := s.pool.Query(ctx, s.q.get(statement), args(c)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make(map[int]bool, len(asked))
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		found[asked[r.int64()-1]] = true
	}
	if rows.Close(); rows.Err() != nil {
		return nil, rows.Err()
	}
	kept, next := make([]T, 0, len(list)), 0
	for i := range list {
		if next < len(asked) && asked[next] == i {
			if next++; !found[i] {
				continue
			}
		}
		kept = append(kept, list[i])
	}
	return kept, nil
}
