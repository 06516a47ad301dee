package store

import (
	"context"
	"errors"
	"strconv"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// maxKnown bounds the campaigns whose meaning is remembered.
const maxKnown = 1_000

// meaning is what the facts of a campaign's messages mean: its channels' offers, and its words for stop.
type meaning struct {
	program *engine.Program // nil: nothing is implied
	words   []string
}

// meaning reads a campaign's once. It is nil where there is no such campaign.
func (s *Store) meaning(ctx context.Context, key run.CampaignKey) (*meaning, error) {
	s.mu.Lock()
	m, known := s.known[key]
	s.mu.Unlock()
	if known {
		return m, nil
	}
	c, err := s.Campaign(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m = &meaning{words: c.StopWords}
	if m.words == nil {
		m.words = engine.DefaultStopWords()
	}
	if s.compile != nil {
		// A newer process may have published what this one cannot compile: its facts are stored all the same.
		if m.program, err = s.compile(c.Document); err != nil {
			s.log.Warn("a campaign's document cannot be compiled here: its facts imply nothing", "campaign", key.Campaign, "error", err)
			m.program = nil
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= maxKnown {
		clear(s.known)
	}
	s.known[key] = m
	return m, nil
}

// meanings gives the meanings for facts one after another, most of which are of the same campaign.
type meanings struct {
	store   *Store
	key     run.CampaignKey
	meaning *meaning
	known   bool
}

func (m *meanings) of(ctx context.Context, key *channel.Key) (*meaning, error) {
	k := run.CampaignKey{Account: key.Account, Campaign: key.Campaign}
	if m.known && k == m.key {
		return m.meaning, nil
	}
	var err error
	m.meaning, err = m.store.meaning(ctx, k)
	m.key, m.known = k, err == nil
	return m.meaning, err
}

// apply turns a reply that says stop into the stop that it is: it counts as one, and no reply.
func (m *meaning) apply(f *fact) {
	if m == nil || f.code != int32(engine.Replied) || !engine.IsStop(f.value, m.words) {
		return
	}
	f.code, f.scope, f.unique = int32(engine.Unsubscribed), engine.AllChannels, stopsAll
}

// implied are the facts that come true with a fact at a block: a click or a reply means that the message was viewed,
// where its channel has that, and delivered; a view that it was delivered.
func (m *meaning) implied(node int16, code int32) engine.Facts {
	if m == nil || m.program == nil || node < 0 || int(node) >= len(m.program.Nodes) {
		return 0
	}
	b, ok := m.program.Nodes[node].Block.(*engine.Message)
	if !ok {
		return 0
	}
	switch f := engine.Facts(code); {
	case f == engine.Clicked && !b.Clickable:
		return 0
	case b.Offers&f == 0:
		return 0
	case f == engine.Clicked || f == engine.Replied:
		return b.Offers & (engine.Viewed | engine.Delivered)
	case f == engine.Viewed:
		return b.Offers & engine.Delivered
	}
	return 0
}

// stopsAll tells a stop of all channels from the channel's own: the wider one counts again.
const stopsAll = "all"

// uniqueBy is what tells a fact from an earlier one of its kind. Two replies or keys are told by the provider's id, else
// by what was said and the provider's second.
func uniqueBy(code engine.Facts, value string, scope engine.Scope, unique string, second int64) string {
	switch {
	case code == engine.Unsubscribed && scope == engine.AllChannels:
		return stopsAll
	case code != engine.Replied && code != engine.Pressed:
		return ""
	case unique != "":
		return identifier(unique)
	}
	return hash(value, strconv.FormatInt(second, 10))
}
