package store_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/store"
)

// launched is a world with a campaign whose recipients' messages are launched, held by the session.
func launched(t *testing.T, n int) (*world, run.CampaignKey, run.Session, run.Claimed) {
	t.Helper()
	w := newWorld(t)
	camp := w.campaign(1, w.people(n))
	s := w.session(w.store)
	held := w.claim(s)
	w.launch(s, &held, held.Recipients)
	return w, camp, s, held
}

func (w *world) save(reports ...channel.Report) run.Saved {
	w.Helper()
	saved, err := w.store.Save(w.Context(), nil, reports, here)
	require.NoError(w, err)
	return saved
}

func (w *world) figures(camp run.CampaignKey, node int16) map[string]int64 {
	w.Helper()
	all, err := w.store.Figures(w.Context(), camp)
	require.NoError(w, err)
	figures := map[string]int64{}
	for c, n := range all {
		if c.Node == node {
			figures[c.What] = n
		}
	}
	return figures
}

func (w *world) recounts(camp run.CampaignKey) {
	w.Helper()
	kept, err := w.store.Figures(w.Context(), camp)
	require.NoError(w, err)
	counted, err := w.store.Recount(w.Context(), camp)
	require.NoError(w, err)
	require.Equal(w, counted, kept)
}

func TestFactsCountOnce(t *testing.T) {
	t.Parallel()
	w, camp, _, held := launched(t, 2)
	w.accept(camp, 0, 1)
	w.accept(camp, 0)
	click := report("p0", engine.Clicked, "")
	require.Equal(t, run.Saved{Facts: 1, Touched: []run.SegmentKey{held.Key}}, w.save(click))
	require.Equal(t, run.Saved{Repeats: 2, Touched: []run.SegmentKey{}}, w.save(click, click))
	require.Equal(t, map[string]int64{"entered": 2, "sent": 2, "accepted": 2, "clicked": 1, "viewed": 1, "delivered": 1}, w.figures(camp, viber))
	require.Equal(t, 1, w.save(report("p0", engine.Delivered, "")).Facts, "implied so far: now the interpreter has to hear of it")
	require.Equal(t, 1, w.save(report("p0", engine.Delivered, ""), report("p0", engine.Viewed, ""), report("p0", engine.Viewed, "")).Facts)
	require.EqualValues(t, 1, w.figures(camp, viber)["delivered"])
	require.Zero(t, w.count("SELECT count(*) FROM facts WHERE implied"))
	w.recounts(camp)
}

func TestRepliesAreToldApart(t *testing.T) {
	t.Parallel()
	w, camp, _, _ := launched(t, 1)
	w.accept(camp, 0)
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	said := func(value, unique string, at time.Time) channel.Report {
		r := report("p0", engine.Replied, value)
		r.Unique, r.At = unique, at
		return r
	}
	require.Equal(t, 1, w.save(said("да", "", at)).Facts)
	require.Equal(t, 0, w.save(said("да", "", at.Add(500*time.Millisecond))).Facts, "the same second")
	require.Equal(t, 2, w.save(said("да", "", at.Add(time.Second)), said("нет", "", at)).Facts)
	require.Equal(t, 2, w.save(said("да", "r1", at), said("да", "r2", at), said("нет", "r1", at)).Facts)
	require.EqualValues(t, 5, w.figures(camp, viber)["reply"])
	w.recounts(camp)
}

func TestAStopWordIsNoReply(t *testing.T) {
	t.Parallel()
	w, camp, _, _ := launched(t, 1)
	w.accept(camp, 0)
	own := report("p0", engine.Unsubscribed, "")
	own.Scope = engine.ThisChannel
	w.save(own)
	require.Equal(t, 1, w.save(report("p0", engine.Replied, "СТОП, хватит"), report("p0", engine.Replied, "stop")).Facts)
	figures := w.figures(camp, viber)
	require.EqualValues(t, 2, figures["unsubscribed"], "the wider one counts again")
	require.Zero(t, figures["reply"])
	require.Zero(t, figures["delivered"])
}

func TestFactsBeforeTheirAnswers(t *testing.T) {
	t.Parallel()
	w, camp, s, held := launched(t, 2)
	early := report("p1", engine.Delivered, "")
	require.Equal(t, run.Saved{Unknown: 2, Touched: []run.SegmentKey{}}, w.save(early, early))
	w.save(early, report("p1", engine.Replied, "да"))
	unknown, err := w.store.UnknownFacts(t.Context(), account, 10)
	require.NoError(t, err)
	require.Len(t, unknown, 2)
	saved, err := w.store.Save(t.Context(), []run.Answer{{Key: message(camp, 1), Connection: "demo", ProviderID: "p1"}}, nil, here)
	require.NoError(t, err)
	require.Equal(t, 2, saved.Facts)
	require.Zero(t, w.count("SELECT count(*) FROM unknown_facts"))
	saved, err = w.store.Save(t.Context(), []run.Answer{{Key: message(camp, 0), Connection: "demo", ProviderID: "p0"}},
		[]channel.Report{report("p0", engine.Delivered, "")}, here)
	require.NoError(t, err)
	require.Equal(t, 1, saved.Facts, "its answer is in the same call")
	require.Equal(t, []run.SegmentKey{held.Key}, saved.Touched)
	var events []run.Incoming
	require.Eventually(t, func() bool {
		tick := w.tick(s, &held)
		events, held.Applied = append(events, tick.Events...), tick.Below
		return len(events) >= 5
	}, 10*time.Second, time.Millisecond)
	require.Equal(t, []string{"delivered", "delivered", acceptance, acceptance, "reply"}, kinds(events))
	w.recounts(camp)
}

func TestUnknownFactsAreMatchedAgain(t *testing.T) {
	t.Parallel()
	w, camp, _, _ := launched(t, 1)
	// The answer's transaction and the fact's run at the same time: neither sees the other.
	tx, err := w.db.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `INSERT INTO answers (account, connection, provider_id, campaign, segment, ordinal, node, attempt, recorded_at)
		VALUES ($1, 'demo', 'p0', $2, 0, 0, 0, 1, recorded())`, account, camp.Campaign)
	require.NoError(t, err)
	require.Equal(t, 1, w.save(report("p0", engine.Viewed, "")).Unknown)
	n, err := w.store.Rematch(t.Context(), nobody)
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, tx.Commit(t.Context()))
	n, err = w.store.Rematch(t.Context(), nobody)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.EqualValues(t, 1, w.count("SELECT count(*) FROM wakes"))
	require.EqualValues(t, 2, w.count("SELECT count(*) FROM facts"), "with what it implies")
	require.Zero(t, w.count("SELECT count(*) FROM unknown_facts"))
	n, err = w.store.Rematch(t.Context(), nobody)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestReportsByOurKey(t *testing.T) {
	t.Parallel()
	w, camp, _, _ := launched(t, 1)
	by := func(account int64, key channel.Key) channel.Report {
		return channel.Report{Account: account, Connection: "demo", Key: key, Fact: engine.Delivered}
	}
	require.Equal(t, 1, w.save(by(account, message(camp, 0))).Facts)
	require.Equal(t, 1, w.save(by(account, message(camp, 9))).Unknown, "never launched")
	require.Equal(t, 1, w.save(by(8, message(camp, 0))).Unknown, "another account's connection")
}

func TestHostileReports(t *testing.T) {
	t.Parallel()
	w, camp, _, _ := launched(t, 1)
	long := strings.Repeat("ы", 10_000)
	_, err := w.store.Save(t.Context(), []run.Answer{{Key: message(camp, 0), Connection: "demo", ProviderID: long + "\x00"}}, nil, here)
	require.NoError(t, err)
	r := report(long+"\x00", engine.Replied, strings.Repeat("ё\x00", 20_000))
	r.Unique = long
	require.Equal(t, 1, w.save(r).Facts)
	require.EqualValues(t, 16<<10, w.count("SELECT length(value::bytea) FROM facts WHERE NOT implied"))
	for _, fact := range []engine.Facts{0, engine.Delivered | engine.Viewed} {
		_, err = w.store.Save(t.Context(), nil, []channel.Report{report("p", fact, "")}, here)
		require.ErrorContains(t, err, "exactly one")
	}
}

func TestWebhooksResults(t *testing.T) {
	t.Parallel()
	w, camp, s, held := launched(t, 2)
	results := []run.HookResult{{Key: message(camp, 0)}, {Key: message(camp, 1), Failed: true, Reason: "500"}}
	saved, err := w.store.SaveHooks(t.Context(), results, nobody)
	require.NoError(t, err)
	require.Equal(t, 2, saved.Facts)
	saved, err = w.store.SaveHooks(t.Context(), results, nobody)
	require.NoError(t, err)
	require.Equal(t, 2, saved.Repeats)
	var events []run.Incoming
	require.Eventually(t, func() bool {
		tick := w.tick(s, &held)
		events, held.Applied = append(events, tick.Events...), tick.Below
		return len(events) >= 2
	}, 10*time.Second, time.Millisecond)
	require.Len(t, events, 2)
	for _, e := range events {
		if e.Key.Ordinal == 0 {
			require.Equal(t, engine.HookDone, e.Kind)
		} else {
			require.Equal(t, engine.HookFailed, e.Kind)
			require.Equal(t, "500", e.Value)
		}
	}
}

// Many callers store the same and other facts at once: nobody fails, everything counts once.
func TestConcurrentSavesCountOnce(t *testing.T) {
	t.Parallel()
	for name, most := range map[string]int{"few": 10, "many": 900} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			concurrentSaves(t, most)
		})
	}
}

func concurrentSaves(t *testing.T, most int) {
	const people, callers = 40, 6
	w, camp, _, _ := launched(t, people)
	facts := []engine.Facts{engine.Delivered, engine.Viewed, engine.Clicked, engine.Replied}
	errs := make(chan error, callers)
	stores := []*store.Store{w.store, w.open()}
	for caller := range callers {
		go func() {
			random := rand.New(rand.NewPCG(1, uint64(caller)))
			var err error
			for _, o := range random.Perm(people) {
				var reports []channel.Report
				for range random.IntN(most) {
					r := report(fmt.Sprint("p", random.IntN(people)), facts[random.IntN(len(facts))], "да")
					r.Unique = fmt.Sprint(random.IntN(most))
					reports = append(reports, r)
				}
				answer := run.Answer{Key: message(camp, int64(o)), Connection: "demo", ProviderID: fmt.Sprint("p", o)}
				if _, saveErr := stores[caller%2].Save(t.Context(), []run.Answer{answer}, reports, nobody); saveErr != nil {
					err = saveErr
				}
			}
			errs <- err
		}()
	}
	for range callers {
		require.NoError(t, <-errs)
	}
	_, err := w.store.Rematch(t.Context(), nobody)
	require.NoError(t, err)
	require.Zero(t, w.count("SELECT count(*) FROM unknown_facts"))
	require.EqualValues(t, people, w.figures(camp, viber)["accepted"])
	w.recounts(camp)
}

// Many rows go by COPY; what is stored and counted is the same.
func TestManyRowsAtOnce(t *testing.T) {
	t.Parallel()
	const people = 700
	w, camp, s, held := launched(t, people)
	var answers []run.Answer
	all := func(fact engine.Facts, value string) (list []channel.Report) {
		for i := range people {
			list = append(list, report(fmt.Sprint("p", i), fact, value))
		}
		return list
	}
	for i := range int64(people) {
		answers = append(answers, run.Answer{Key: message(camp, i), Connection: "demo", ProviderID: fmt.Sprint("p", i)})
	}
	early, err := w.store.Save(t.Context(), nil, all(engine.Delivered, "")[:5], here)
	require.NoError(t, err)
	require.Equal(t, 5, early.Unknown)
	saved, err := w.store.Save(t.Context(), answers, all(engine.Clicked, "")[:600], here)
	require.NoError(t, err)
	require.Equal(t, 605, saved.Facts)
	require.Equal(t, 1, w.save(report("p0", engine.Replied, "да")).Facts)
	saved, err = w.store.Save(t.Context(), answers, all(engine.Clicked, ""), nobody)
	require.NoError(t, err, "the answers are there already")
	require.Equal(t, 100, saved.Facts)
	require.Equal(t, 600, saved.Repeats)
	require.EqualValues(t, 1, w.count("SELECT count(*) FROM wakes"))
	require.Equal(t, people-5, w.save(all(engine.Delivered, "")...).Facts, "implied so far")
	require.Equal(t, people, w.save(all(engine.Delivered, "")...).Repeats)
	stops := w.save(all(engine.Replied, "стоп")...)
	require.Equal(t, people, stops.Facts)
	figures := w.figures(camp, viber)
	require.EqualValues(t, people, figures["accepted"])
	require.EqualValues(t, people, figures["delivered"])
	require.EqualValues(t, people, figures["unsubscribed"])
	require.EqualValues(t, 1, figures["reply"])
	w.recounts(camp)
	read := 0
	require.Eventually(t, func() bool {
		tick := w.tick(s, &held)
		read, held.Applied = read+len(tick.Events), tick.Below
		return read >= 4*people+1
	}, 10*time.Second, time.Millisecond)
	require.Equal(t, 4*people+1, read, "answers, clicks, deliveries, stops and a reply")
	w.end(s, held)
	w.recounts(camp)
}

// A message that this process stored the answer of needs no look at the database; another process asks for it once.
func TestMessagesAreFoundInMemory(t *testing.T) {
	t.Parallel()
	w, camp, _, _ := launched(t, 2)
	w.accept(camp, 0, 1) // few answers: one of them may have been there, so they are not remembered
	other := w.open()
	require.Equal(t, 1, w.save(report("p0", engine.Delivered, "")).Facts)
	w.exec(w.db, "DELETE FROM answers")
	require.Equal(t, 1, w.save(report("p0", engine.Viewed, "")).Facts, "it was looked up for the delivery")
	saved, err := other.Save(t.Context(), nil, []channel.Report{report("p0", engine.Clicked, "")}, here)
	require.NoError(t, err)
	require.Equal(t, 1, saved.Unknown, "this one has never heard of it")
	id := w.count("SELECT pg_current_xact_id()::text::bigint")
	require.Equal(t, 2, w.save(report("p0", engine.Delivered, ""), report("p0", engine.Viewed, "")).Repeats)
	require.LessOrEqual(t, w.count("SELECT count(*) FROM facts WHERE xid::text::bigint > $1", id), int64(0))
	require.EqualValues(t, 2, w.count("SELECT count(*) FROM facts"))
}

// A reply that comes again costs no statement.
func TestRepeatedRepliesAreKnown(t *testing.T) {
	t.Parallel()
	w, camp, _, _ := launched(t, 2)
	w.accept(camp, 0, 1)
	reports := []channel.Report{report("p0", engine.Replied, "да"), report("p0", engine.Replied, "нет"), report("p1", engine.Replied, "стоп")}
	require.Equal(t, 3, w.save(reports...).Facts)
	require.Equal(t, run.Saved{Repeats: 3, Touched: []run.SegmentKey{}}, w.save(reports...))
	require.Equal(t, 1, w.save(append(reports, report("p1", engine.Replied, "да"))...).Facts)
	saved, err := w.open().Save(t.Context(), nil, reports, here)
	require.NoError(t, err)
	require.Equal(t, 3, saved.Repeats, "another process asks")
	require.EqualValues(t, 3, w.figures(camp, viber)["reply"])
	w.recounts(camp)
	w.exec(w.db, "DELETE FROM facts")
	require.Equal(t, 3, w.save(reports...).Repeats, "it is not asked for")
	require.Zero(t, w.count("SELECT count(*) FROM facts"))
}

// What one process believes to be new another has stored: the primary key tells.
func TestAnotherProcessStoredItBefore(t *testing.T) {
	t.Parallel()
	const people = 150
	w, camp, _, _ := launched(t, people)
	var answers []run.Answer
	var clicks, views []channel.Report
	for i := range people {
		id := fmt.Sprint("p", i)
		answers = append(answers, run.Answer{Key: message(camp, int64(i)), Connection: "demo", ProviderID: id})
		clicks, views = append(clicks, report(id, engine.Clicked, "")), append(views, report(id, engine.Viewed, ""))
	}
	_, err := w.store.Save(t.Context(), answers, nil, here)
	require.NoError(t, err)
	other := w.open()
	for i, size := range []int{1, 20, people} { // by every way that rows are stored
		saved, err := other.Save(t.Context(), nil, clicks[:size], nobody)
		require.NoError(t, err)
		require.Equal(t, size-[]int{0, 1, 20}[i], saved.Facts)
		saved = w.save(clicks[:size]...)
		require.Equal(t, size, saved.Repeats)
		saved = w.save(views[:size]...)
		require.Equal(t, size-[]int{0, 1, 20}[i], saved.Facts, "implied so far")
	}
	require.EqualValues(t, people, w.figures(camp, viber)["clicked"])
	require.EqualValues(t, people, w.figures(camp, viber)["viewed"])
	require.EqualValues(t, people, w.figures(camp, viber)["delivered"])
	w.recounts(camp)
}

// An answer and facts of its message that are stored at the same moment do not miss each other within a process.
func TestAnswersAndFactsDoNotMissEachOther(t *testing.T) {
	t.Parallel()
	const people = 60
	w, camp, _, _ := launched(t, people)
	errs := make(chan error, 2*people)
	for i := range people {
		id := fmt.Sprint("p", i)
		go func() {
			_, err := w.store.Save(t.Context(), []run.Answer{{Key: message(camp, int64(i)), Connection: "demo", ProviderID: id}}, nil, nobody)
			errs <- err
		}()
		go func() {
			_, err := w.store.Save(t.Context(), nil, []channel.Report{report(id, engine.Viewed, "")}, nobody)
			errs <- err
		}()
	}
	for range 2 * people {
		require.NoError(t, <-errs)
	}
	require.Zero(t, w.count("SELECT count(*) FROM unknown_facts"), "nothing was left for the next look")
	require.EqualValues(t, people, w.figures(camp, viber)["viewed"])
	w.recounts(camp)
}
