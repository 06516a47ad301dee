package virtual

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// The bounds of what comes from outside, in bytes.
const (
	maxValue      = 16 << 10
	maxIdentifier = 200
)

// saving is one transaction of the inbox.
type saving struct {
	d       *DB
	process string
	answers []run.Answer
	given   []given // facts as they came
	settled []unknownKey
	servers []int64 // of the results of webhooks
	held    func(run.SegmentKey) bool

	at      engine.Instant
	rows    []StoredFact
	unknown []given
	known   int
	far     map[run.SegmentKey]bool // segments that were not held here
	fresh   map[run.SegmentKey]bool // that got something
	saved   run.Saved
	waiting []given
}

// given is a fact on its way in.
type given struct {
	source source
	fact   StoredFact
}

// Save stores answers and facts in one transaction; facts that came before one of these answers in another one after it.
func (s *Store) Save(ctx context.Context, answers []run.Answer, reports []channel.Report, held func(run.SegmentKey) bool) (run.Saved, error) {
	w := &saving{d: s.db, process: s.process, held: held, answers: slices.Clone(answers)}
	for i := range w.answers {
		a := &w.answers[i]
		if a.ProviderID == "" {
			a.ProviderID = keyName(a.Key)
		}
		a.ProviderID, a.Connection = identifier(a.ProviderID), identifier(a.Connection)
	}
	for i := range reports {
		g, err := fromReport(&reports[i])
		if err != nil {
			return run.Saved{}, err
		}
		w.given = append(w.given, g)
	}
	if err := w.store(ctx, s, "Save"); err != nil {
		return run.Saved{}, err
	}
	if len(w.waiting) > 0 {
		more := &saving{d: s.db, process: s.process, held: held, given: w.waiting, settled: unknownKeys(w.waiting)}
		if err := more.store(ctx, s, "Settle"); err == nil {
			w.saved.Facts += more.saved.Facts
			w.saved.Touched = append(w.saved.Touched, more.saved.Touched...)
		}
	}
	return w.saved, nil
}

// SaveHooks stores the results of webhooks: one a recipient and block.
func (s *Store) SaveHooks(ctx context.Context, results []run.HookResult, held func(run.SegmentKey) bool) (run.Saved, error) {
	w := &saving{d: s.db, process: s.process, held: held}
	for i := range results {
		r := &results[i]
		f := StoredFact{Key: r.Key, Code: run.HookDoneCode}
		w.servers = append(w.servers, r.Server)
		if r.Failed {
			f.Code, f.Value = run.HookFailedCode, bounded(r.Reason, maxIdentifier)
		}
		w.given = append(w.given, given{fact: f})
	}
	err := w.store(ctx, s, "SaveHooks")
	return w.saved, err
}

// Rematch tries the facts of unknown messages again.
func (s *Store) Rematch(ctx context.Context, held func(run.SegmentKey) bool) (int, error) {
	var waiting []given
	err := s.ask(ctx, Point{Call: "Rematch"}, func() error {
		for k, u := range s.db.unknown {
			if s.db.answers[k.source] != nil {
				waiting = append(waiting, u.again(k))
			}
		}
		sortGiven(waiting)
		return nil
	})
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	w := &saving{d: s.db, process: s.process, held: held, given: waiting, settled: unknownKeys(waiting)}
	return len(waiting), w.store(ctx, s, "Settle")
}

func (u *unknownRow) again(k unknownKey) given {
	return given{k.source, StoredFact{Code: k.code, Unique: k.unique, Value: u.value, Scope: u.scope}}
}

func unknownKeys(list []given) []unknownKey {
	keys := make([]unknownKey, len(list))
	for i := range list {
		keys[i] = unknownKey{list[i].source, list[i].fact.Code, list[i].fact.Unique}
	}
	return keys
}

func sortGiven(list []given) {
	slices.SortFunc(list, func(a, b given) int {
		return cmp.Or(strings.Compare(a.source.provider, b.source.provider), cmp.Compare(a.fact.Code, b.fact.Code),
			strings.Compare(a.fact.Unique, b.fact.Unique))
	})
}

func fromReport(r *channel.Report) (given, error) {
	if bits.OnesCount16(uint16(r.Fact)) != 1 {
		return given{}, fmt.Errorf("virtual: a report of connection %q has the facts %b: it must have exactly one", r.Connection, r.Fact)
	}
	g := given{source: source{r.Account, identifier(r.Connection), identifier(r.ProviderID)}}
	g.fact = StoredFact{Key: r.Key, Code: int32(r.Fact), Value: bounded(r.Value, maxValue), Scope: r.Scope}
	second := int64(0)
	if !r.At.IsZero() {
		second = r.At.Unix()
	}
	g.fact.Unique = UniqueBy(r.Fact, g.fact.Value, r.Scope, r.Unique, second)
	return g, nil
}

// UniqueBy is what tells a fact from an earlier one of its kind.
func UniqueBy(code engine.Facts, value string, scope engine.Scope, unique string, second int64) string {
	switch {
	case code == engine.Unsubscribed && scope == engine.AllChannels:
		return stopsAll
	case code != engine.Replied && code != engine.Pressed:
		return ""
	case unique != "":
		return identifier(unique)
	}
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%d:%s%d", len(value), value, second)))[:32]
}

const stopsAll = "all"

// name tells a transaction from another one that is under way at once.
func (w *saving) name() string {
	h := sha256.New()
	for _, a := range w.answers {
		fmt.Fprintln(h, a)
	}
	for i := range w.given {
		fmt.Fprintln(h, w.given[i].source, w.given[i].fact.Key, w.given[i].fact.Code, w.given[i].fact.Unique)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

func (w *saving) store(ctx context.Context, s *Store, call string) error {
	return s.transact(ctx, Point{Call: call, Key: w.name()}, func(uint64) error {
		w.at, w.far, w.fresh = w.d.o.Clock(), map[run.SegmentKey]bool{}, map[run.SegmentKey]bool{}
		w.dropLost()
		w.find()
		w.away()
		return nil
	}, func(id uint64) error {
		if w.d.o.Flaws.Acks && id%3 == 0 && len(w.given) > 0 {
			w.saved.Facts = len(w.rows)
			return nil
		}
		w.write(id)
		return nil
	})
}

// find parts the facts into rows of known messages, with what they imply, and unknown ones.
func (w *saving) find() {
	d := w.d
	mine := map[source]channel.Key{}
	for _, a := range w.answers {
		mine[source{a.Key.Account, a.Connection, a.ProviderID}] = a.Key
	}
	first := map[run.RecipientKey]int{}
	rows := map[factKey]int{}
	add := func(f StoredFact, i int) {
		k := factKey{f.Key, f.Code, f.Unique}
		at, there := rows[k]
		if there && (f.Implied || !w.rows[at].Implied) {
			return
		}
		if _, ok := first[recipientOf(f.Key)]; !ok {
			first[recipientOf(f.Key)] = i
		}
		f.Recorded = w.at + engine.Instant(i-first[recipientOf(f.Key)])
		if there {
			w.rows[at] = f
			return
		}
		rows[k] = len(w.rows)
		w.rows = append(w.rows, f)
	}
	for i := range w.given {
		g := w.given[i]
		if !w.locate(&g, mine) {
			if g.source.provider == "" {
				g.source.provider = keyName(g.fact.Key)
			}
			w.unknown = append(w.unknown, g)
			continue
		}
		w.known++
		d.means(&g.fact)
		add(g.fact, i)
		implied := d.implied(g.fact.Key, g.fact.Code)
		for bit := engine.Facts(1); bit != 0; bit <<= 1 {
			if implied&bit != 0 {
				add(StoredFact{Key: g.fact.Key, Code: int32(bit), Implied: true}, i)
			}
		}
	}
}

// locate finds the message of a fact.
func (w *saving) locate(g *given, mine map[source]channel.Key) bool {
	switch {
	case g.fact.Code >= run.HookDoneCode:
		return true
	case g.source.provider == "":
		return g.fact.Key.Account == g.source.account && w.d.messages[g.fact.Key] != nil
	}
	if key, ok := mine[g.source]; ok {
		g.fact.Key = key
		return true
	}
	if a := w.d.answers[g.source]; a != nil {
		g.fact.Key = a.key
		return true
	}
	return w.d.o.Flaws.Foreign && w.anywhere(g)
}

// away asks which of the segments concerned are held here: it is known before the commit.
func (w *saving) away() {
	for _, a := range w.answers {
		w.far[segmentOf(campaignOf(a.Key), a.Key.Ordinal)] = true
	}
	for i := range w.rows {
		w.far[segmentOf(campaignOf(w.rows[i].Key), w.rows[i].Key.Ordinal)] = true
	}
	maps.DeleteFunc(w.far, func(k run.SegmentKey, _ bool) bool { return w.held != nil && w.held(k) })
}

func (w *saving) write(id uint64) {
	d := w.d
	for _, a := range w.answers {
		s := source{a.Key.Account, a.Connection, a.ProviderID}
		if d.answers[s] == nil {
			d.answers[s] = &answerRow{a.Key, w.at, id}
			d.counters[run.Counter{Campaign: campaignOf(a.Key), Node: a.Key.Node, What: "accepted"}]++
			w.fresh[segmentOf(campaignOf(a.Key), a.Key.Ordinal)] = true
		}
		for k, u := range d.unknown {
			if k.source == s {
				w.waiting = append(w.waiting, u.again(k))
			}
		}
	}
	sortGiven(w.waiting)
	for i := range w.rows {
		w.writeFact(w.rows[i], id)
	}
	for i := range w.unknown {
		g := &w.unknown[i]
		k := unknownKey{g.source, g.fact.Code, g.fact.Unique}
		if d.unknown[k] == nil {
			d.unknown[k] = &unknownRow{value: g.fact.Value, scope: g.fact.Scope, recorded: w.at}
		}
		d.unknown[k].times++
	}
	for _, k := range w.settled {
		delete(d.unknown, k)
	}
	w.saved.Repeats, w.saved.Unknown = w.known-w.saved.Facts, len(w.unknown)
	w.saved.Touched = slices.SortedFunc(maps.Keys(w.fresh), compareSegments)
	told := false
	for k := range w.fresh {
		if w.far[k] {
			d.wakes[k] = true
			told = true
		}
	}
	if told {
		d.notify()
	}
	d.wrote(Commit{Process: w.process, Answers: w.answers, Facts: w.rows})
}

// writeFact stores a row, once. One that was only implied so far becomes a real one.
func (w *saving) writeFact(f StoredFact, id uint64) {
	d, k := w.d, factKey{f.Key, f.Code, f.Unique}
	f.id = id
	have := d.facts[k]
	if have == nil || d.o.Flaws.Repeats {
		if name := figureOf(&f); name != "" {
			d.counters[run.Counter{Campaign: campaignOf(f.Key), Node: f.Key.Node, What: name}]++
		}
	}
	if have != nil && (!have.Implied || f.Implied) {
		return
	}
	d.facts[k] = &f
	if !f.Implied {
		w.saved.Facts++
		w.fresh[segmentOf(campaignOf(f.Key), f.Key.Ordinal)] = true
	}
}

// means turns a reply that says stop into the stop that it is.
func (d *DB) means(f *StoredFact) {
	if f.Code != int32(engine.Replied) || d.campaigns[campaignOf(f.Key)] == nil {
		return
	}
	words := engine.DefaultStopWords()
	if a := d.accounts[f.Key.Account]; a != nil && a.StopWords != nil {
		words = a.StopWords
	}
	if engine.IsStop(f.Value, words) {
		f.Code, f.Scope, f.Unique = int32(engine.Unsubscribed), engine.AllChannels, stopsAll
	}
}

// implied are the facts that come true with a fact at a block.
func (d *DB) implied(key channel.Key, code int32) engine.Facts {
	p := d.program(campaignOf(key))
	if p == nil || key.Node < 0 || int(key.Node) >= len(p.Nodes) {
		return 0
	}
	m, ok := p.Nodes[key.Node].Block.(*engine.Message)
	f := engine.Facts(code)
	switch {
	case !ok || f == engine.Clicked && !m.Clickable || m.Offers&f == 0:
		return 0
	case f == engine.Clicked || f == engine.Replied:
		return m.Offers & (engine.Viewed | engine.Delivered)
	case f == engine.Viewed:
		return m.Offers & engine.Delivered
	}
	return 0
}

func compareSegments(a, b run.SegmentKey) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Campaign, b.Campaign), cmp.Compare(a.Segment, b.Segment))
}

func keyName(k channel.Key) string {
	return fmt.Sprintf("our key %d/%d/%d/%d", k.Campaign, k.Ordinal, k.Node, k.Attempt)
}

func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// identifier keeps a name of any length, a long one as its hash.
func identifier(s string) string {
	if s = clean(s); len(s) <= maxIdentifier {
		return s
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(s)))
}

func bounded(s string, most int) string {
	if s = clean(s); len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
