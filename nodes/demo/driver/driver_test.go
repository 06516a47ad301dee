package driver

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/nodes/demo"
)

// box is an inbox that keeps reports, and refuses while it is told to.
type box struct {
	mu      sync.Mutex
	reports []channel.Report
	largest int
	refuse  int // so many times
	refused int
}

func (b *box) Receive(_ context.Context, reports []channel.Report) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse > 0 {
		b.refuse--
		b.refused++
		return errors.New("not now")
	}
	b.largest = max(b.largest, len(reports))
	b.reports = append(b.reports, reports...)
	return nil
}

func (b *box) all() []channel.Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.reports)
}

func (b *box) byID() map[string][]engine.Facts {
	out := map[string][]engine.Facts{}
	for _, r := range b.all() {
		out[r.ProviderID] = append(out[r.ProviderID], r.Fact)
	}
	return out
}

func profile(t testing.TB, text string) demo.Profile {
	t.Helper()
	p, err := demo.ParseProfile(text)
	require.NoError(t, err)
	return p
}

func open(t testing.TB, dir string, p demo.Profile, inbox channel.Inbox) *Driver {
	t.Helper()
	d, err := Open(Options{Profile: p, Connection: "demo", Dir: dir, Inbox: inbox, Clock: time.Now,
		AdoptEvery: time.Hour}) // the virtual clock goes through months
	require.NoError(t, err)
	return d
}

// inDriver runs a test on a virtual clock with a driver, closed at its end.
func inDriver(t *testing.T, profileText string, test func(*testing.T, *Driver, *box)) string {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := &box{}
		d := open(t, dir, profile(t, profileText), b)
		defer func() { require.NoError(t, d.Close()) }()
		test(t, d, b)
	})
	return dir
}

func key(n int) channel.Key {
	return channel.Key{Account: 3, Campaign: 9, Ordinal: int64(n), Node: 2, Attempt: 1}
}

func messages(from, n int, name string) []channel.Message {
	out := make([]channel.Message, n)
	for i := range out {
		out[i] = channel.Message{Key: key(from + i), Channel: name, Address: "+79990000000",
			Content: engine.Content{Sender: "SHOP", Text: "20% off", ButtonURL: "https://shop.example"},
			HandBy:  time.Now().Add(10 * time.Second)}
	}
	return out
}

func count(results []channel.Result) map[channel.Status]int {
	out := map[channel.Status]int{}
	for _, r := range results {
		out[r.Status]++
	}
	return out
}

func TestOpenWantsItsOptions(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	full := Options{Dir: t.TempDir(), Inbox: &box{}, Clock: time.Now}
	for says, spoil := range map[string]func(*Options){
		"Dir":    func(o *Options) { o.Dir = "" },
		"Inbox":  func(o *Options) { o.Inbox = nil },
		"Clock":  func(o *Options) { o.Clock = nil },
		"scale":  func(o *Options) { o.Profile.Scale = -1 },
		"folder": func(o *Options) { o.Dir = file },
	} {
		o := full
		spoil(&o)
		_, err := Open(o)
		require.ErrorContains(t, err, says)
	}
}

func TestInstantDeliversAtOnce(t *testing.T) {
	t.Parallel()
	for name, fact := range map[string]engine.Facts{"sms": engine.Delivered, "viber": engine.Delivered,
		"whatsapp": engine.Delivered, "vk": engine.Delivered, "ok": engine.Delivered, "voice": engine.Answered} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := inDriver(t, "instant", func(t *testing.T, d *Driver, b *box) {
				sent := messages(0, 2500, name)
				results := d.Send(t.Context(), sent)
				require.Equal(t, map[channel.Status]int{channel.Accepted: 2500}, count(results))
				synctest.Wait()
				facts := b.byID()
				require.Len(t, facts, 2500)
				for _, r := range results {
					require.Equal(t, []engine.Facts{fact}, facts[r.ProviderID])
				}
				require.LessOrEqual(t, b.largest, 1000)
				first := b.all()[0]
				require.Equal(t, []any{int64(3), "demo", channel.Key{}}, []any{first.Account, first.Connection, first.Key})
				require.WithinDuration(t, time.Now(), first.At, 0)
				require.Equal(t, Stats{Requests: 2500, Sent: 2500, Reports: 2500}, d.Stats())
				require.Nil(t, d.Send(t.Context(), nil))
			})
			tallies, err := ReadLedger(dir)
			require.NoError(t, err)
			require.Len(t, tallies, 2500)
			for _, tally := range tallies {
				require.Equal(t, []int{1, 1}, []int{tally.Asked, tally.Sent})
			}
		})
	}
}

func TestByKey(t *testing.T) {
	t.Parallel()
	inDriver(t, `{"preset": "instant", "by_key": true}`, func(t *testing.T, d *Driver, b *box) {
		d.Send(t.Context(), messages(5, 1, "sms"))
		synctest.Wait()
		require.Equal(t, key(5), b.all()[0].Key)
		require.Empty(t, b.all()[0].ProviderID)
	})
}

// The facts come when the play says so, with the instants that it says.
func TestLifelikeFollowsThePlay(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sms", "viber", "whatsapp", "vk", "ok", "voice", "telegram"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := profile(t, `{"preset": "lifelike", "seed": 11}`)
			actor, err := demo.NewActor(p)
			require.NoError(t, err)
			inDriver(t, `{"preset": "lifelike", "seed": 11}`, func(t *testing.T, d *Driver, b *box) {
				began := time.Now()
				sent := messages(0, 500, name)
				results := d.Send(t.Context(), sent)
				<-time.After(31 * 24 * time.Hour)
				synctest.Wait()
				got := map[string][]channel.Report{}
				for _, r := range b.all() {
					got[r.ProviderID] = append(got[r.ProviderID], r)
				}
				for i, m := range sent {
					var fate demo.Fate
					r := demo.Request{Key: m.Key, Part: actor.Part(name), Asking: 1, Traits: demo.TraitsOf(&m.Content)}
					decision, reason := actor.Decide(&r)
					if decision == demo.Refused {
						require.Equal(t, []any{channel.Refused, reason}, []any{results[i].Status, results[i].Reason})
						continue
					}
					actor.Fate(&r, &fate)
					reports := got[results[i].ProviderID]
					require.Len(t, reports, fate.Count)
					for n, e := range fate.Events[:fate.Count] {
						require.Equal(t, e.Fact, reports[n].Fact)
						require.Equal(t, e.Value, reports[n].Value)
						require.Equal(t, e.Unique, reports[n].Unique != "")
						require.WithinDuration(t, began.Add(e.After), reports[n].At, time.Microsecond)
					}
				}
				require.Zero(t, d.Stats().Later)
			})
		})
	}
}

func TestScale(t *testing.T) {
	t.Parallel()
	inDriver(t, `{"scale": 3600, "channels": {"*": {"delivered": 1, "viewed": 1,
		"delivery": {"typical": "1h", "longest": "1h"}}}}`, func(t *testing.T, d *Driver, b *box) {
		d.Send(t.Context(), messages(0, 100, "viber"))
		<-time.After(1100 * time.Millisecond)
		require.Len(t, b.all(), 200)
	})
}

func TestReportsAreRepeatedUntilTaken(t *testing.T) {
	t.Parallel()
	inDriver(t, "instant", func(t *testing.T, d *Driver, b *box) {
		b.refuse = 5
		d.Send(t.Context(), messages(0, 10, "sms"))
		<-time.After(10 * time.Second)
		require.Len(t, b.all(), 10)
		require.Equal(t, uint64(5), d.Stats().Retries)
	})
}

func TestTooLateIsNotAskedFor(t *testing.T) {
	t.Parallel()
	dir := inDriver(t, "instant", func(t *testing.T, d *Driver, _ *box) {
		batch := messages(0, 3, "sms")
		batch[1].HandBy = time.Now().Add(-time.Millisecond)
		results := d.Send(t.Context(), batch)
		require.Equal(t, []channel.Status{channel.Accepted, channel.NotTaken, channel.Accepted},
			[]channel.Status{results[0].Status, results[1].Status, results[2].Status})
		require.Equal(t, CodeTooLate, results[1].Code)
		late := messages(3, 1, "sms")
		late[0].HandBy = time.Time{}
		require.Equal(t, CodeTooLate, d.Send(t.Context(), late)[0].Code)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.Equal(t, CodeTooLate, d.Send(ctx, messages(4, 1, "sms"))[0].Code)
	})
	tallies, err := ReadLedger(dir)
	require.NoError(t, err)
	require.Len(t, tallies, 2)
}

func TestBacklogHoldsRequestsBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := &box{refuse: 1 << 30}
		d, err := Open(Options{Profile: profile(t, "instant"), Dir: dir, Inbox: b, Clock: time.Now, Backlog: 50,
			ReportBatch: 10, Reporters: 1})
		require.NoError(t, err)
		d.Send(t.Context(), messages(0, 100, "sms"))
		synctest.Wait()
		r := d.Send(t.Context(), messages(100, 1, "sms"))[0]
		require.Equal(t, channel.Result{Status: channel.NotTaken, Code: CodeBacklog, Pause: time.Second}, r)
		require.NoError(t, d.Close())
		require.Equal(t, CodeClosed, d.Send(t.Context(), messages(100, 1, "sms"))[0].Code)
	})
}

func TestOutageThrottleAndTimeouts(t *testing.T) {
	t.Parallel()
	p := `{"askable": true, "channels": {"*": {"delivered": 1}}, "faults": {"outage_every": "1m", "outage_for": "10s",
		"throttle": 0.2, "pause": "3s", "answer_lost": 0.2, "request_lost": 0.2, "timeout": "2s"}}`
	dir := inDriver(t, p, func(t *testing.T, d *Driver, _ *box) {
		began := time.Now()
		results := d.Send(t.Context(), messages(0, 1000, "sms"))
		require.Equal(t, 2*time.Second, time.Since(began), "the sender gives up after the time-out")
		got := count(results)
		require.InDelta(t, 200, got[channel.NotTaken], 60)
		require.InDelta(t, 400, got[channel.Uncertain], 60)
		for _, r := range results {
			if r.Status == channel.NotTaken {
				require.Equal(t, 3*time.Second, r.Pause)
			}
		}
		keys := make([]channel.Key, 1000)
		for i := range keys {
			keys[i] = key(i)
		}
		asked := d.Ask(t.Context(), keys)
		for i, r := range results {
			switch r.Status {
			case channel.Accepted:
				require.Equal(t, r.ProviderID, asked[i].ProviderID)
			case channel.NotTaken:
				require.Equal(t, channel.NotTaken, asked[i].Status)
			}
		}
		<-time.After(52 * time.Second)
		for _, r := range d.Send(t.Context(), messages(2000, 10, "sms")) {
			require.Equal(t, []any{channel.NotTaken, CodeDown}, []any{r.Status, r.Code})
		}
		require.Equal(t, channel.Uncertain, d.Ask(t.Context(), keys[:1])[0].Status)
	})
	sent, lost := 0, 0
	for r, err := range Requests(dir) {
		require.NoError(t, err)
		switch r.Decision {
		case demo.TakenSilently:
			sent++
		case demo.Lost:
			lost++
		}
	}
	require.InDelta(t, 200, sent, 60)
	require.InDelta(t, 200, lost, 60)
}

func TestSlow(t *testing.T) {
	t.Parallel()
	inDriver(t, `{"channels": {"*": {"delivered": 1}}, "faults": {"slow": {"typical": "4s", "longest": "5s"}}}`,
		func(t *testing.T, d *Driver, _ *box) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			require.Equal(t, CodeTooLate, d.Send(ctx, messages(0, 1, "sms"))[0].Code, "its turn had not come")
			began := time.Now()
			require.Equal(t, channel.Accepted, d.Send(t.Context(), messages(0, 1, "sms"))[0].Status)
			require.Greater(t, time.Since(began), time.Millisecond)
			require.LessOrEqual(t, time.Since(began), 5*time.Second)
		})
}

func TestEarlyFactsComeBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	inDriver(t, `{"channels": {"*": {"delivered": 1, "viewed": 1, "delivery": {"typical": "1m"}}}, "faults": {"early": 1}}`,
		func(t *testing.T, d *Driver, b *box) {
			d.Send(t.Context(), messages(0, 10, "viber"))
			require.Len(t, b.all(), 10)
			b.mu.Lock()
			b.refuse = 1
			b.mu.Unlock()
			d.Send(t.Context(), messages(10, 10, "viber"))
			<-time.After(time.Hour)
			require.Len(t, b.all(), 40, "with what came after them, and those that were refused")
		})
}

// The three kinds of provider.
func TestRepeatsAndQuestions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		profile       string
		asker         bool
		sent, dropped int
	}{
		"asked":   {`{"askable": true, "channels": {"*": {"delivered": 0.5, "refused": {"bad_address": 0.5}}}}`, true, 2, 0},
		"repeats": {`{"repeats": true, "channels": {"*": {"delivered": 0.5, "refused": {"bad_address": 0.5}}}}`, false, 1, 1},
		"blind":   {`{"channels": {"*": {"delivered": 0.5, "refused": {"bad_address": 0.5}}}}`, false, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := inDriver(t, c.profile, func(t *testing.T, d *Driver, _ *box) {
				_, asker := d.Sender().(channel.Asker)
				require.Equal(t, c.asker, asker)
				require.Equal(t, c.dropped > 0, d.Sender().Limits().Repeats)
				first := d.Sender().Send(t.Context(), messages(0, 100, "sms"))
				again := d.Sender().Send(t.Context(), messages(0, 100, "sms"))
				require.Equal(t, first, again)
				keys := []channel.Key{key(0), key(1), key(2), key(3), key(100)}
				answers := d.Ask(t.Context(), keys)
				for i, r := range answers {
					switch {
					case !c.asker:
						require.Equal(t, channel.Uncertain, r.Status)
					case i == 4:
						require.Equal(t, channel.NotTaken, r.Status)
					default:
						require.Equal(t, first[i], r)
					}
				}
			})
			tallies, err := ReadLedger(dir)
			require.NoError(t, err)
			for _, tally := range tallies {
				require.Equal(t, 2, tally.Asked)
				if tally.Refused == 0 {
					require.Equal(t, []int{c.sent, c.dropped}, []int{tally.Sent, tally.Repeated})
				}
			}
		})
	}
}

// Two processes are one provider: the second knows what the first one took.
func TestProcessesShareTheirMemory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		one := open(t, dir, profile(t, `{"preset": "instant", "repeats": true}`), &box{})
		other := open(t, dir, profile(t, `{"preset": "instant", "repeats": true}`), &box{})
		require.Equal(t, channel.NotTaken, other.Ask(t.Context(), []channel.Key{key(0)})[0].Status)
		first := one.Send(t.Context(), messages(0, 10, "sms"))
		require.Equal(t, first[0], other.Ask(t.Context(), []channel.Key{key(0)})[0])
		require.Equal(t, first, other.Send(t.Context(), messages(0, 10, "sms")))
		require.NoError(t, one.Close())
		require.Equal(t, first[1], other.Ask(t.Context(), []channel.Key{key(1)})[0])
		require.NoError(t, other.Close())
	})
	tallies, err := ReadLedger(dir)
	require.NoError(t, err)
	require.Equal(t, []int{2, 1, 1}, []int{tallies[key(0)].Asked, tallies[key(0)].Sent, tallies[key(0)].Repeated})
}

// What a process leaves behind is reported by another one that lives, or by the next to start; and not again after.
func TestAdoption(t *testing.T) {
	t.Parallel()
	const play = `{"channels": {"*": {"delivered": 1, "viewed": 1, "delivery": {"typical": "1m"}, "view": {"typical": "1h"}}}}`
	for name, alive := range map[string]bool{"one that lives": true, "the next to start": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				b := &box{}
				one := open(t, dir, profile(t, play), b)
				var other *Driver
				if alive {
					other = open(t, dir, profile(t, play), b)
				}
				results := one.Send(t.Context(), messages(0, 1000, "viber"))
				<-time.After(5 * time.Minute)
				before := len(b.all())
				require.Greater(t, before, 900)
				require.NoError(t, one.Close())
				if !alive {
					<-time.After(time.Minute)
					require.Len(t, b.all(), before, "nobody reports")
					other = open(t, dir, profile(t, play), b)
				}
				<-time.After(24 * time.Hour)
				require.Len(t, b.all(), 2000, "each once: the marks tell what was reported")
				facts := b.byID()
				for _, r := range results {
					require.Equal(t, []engine.Facts{engine.Delivered, engine.Viewed}, facts[r.ProviderID])
				}
				require.NoError(t, other.Close())
				last := open(t, dir, profile(t, play), b)
				<-time.After(24 * time.Hour)
				require.Zero(t, last.Stats().Adopted)
				require.Len(t, b.all(), 2000)
				require.NoError(t, last.Close())
			})
		})
	}
}

func TestTornLinesAreCutOff(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := &box{refuse: 1}
		one := open(t, dir, profile(t, `{"channels": {"*": {"delivered": 1, "delivery": {"typical": "1h"}}}}`), b)
		one.Send(t.Context(), messages(0, 10, "sms"))
		path := one.Ledger()
		require.NoError(t, one.Close())
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		require.NoError(t, err)
		_, err = f.WriteString("r\t17\t3\t9\t1")
		require.NoError(t, err)
		require.NoError(t, f.Close())
		tallies, err := ReadLedger(dir)
		require.NoError(t, err)
		require.Len(t, tallies, 10)
		other := open(t, dir, profile(t, `{"channels": {"*": {"delivered": 1, "delivery": {"typical": "1h"}}}}`), b)
		<-time.After(48 * time.Hour)
		require.Len(t, b.all(), 10)
		require.NoError(t, other.Close())
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, strings.HasSuffix(string(data), "\ne\n"))
	})
}

func TestSpoiltLedgersAreNamed(t *testing.T) {
	t.Parallel()
	good := "r\t1700000000000000\t3\t9\t1\t2\t1\t1\tt\t0\tsms\t+7\t\ttext\n"
	for name, text := range map[string]string{
		"another format": "kaskad demo ledger\t2\n",
		"no request":     ledgerHead + "\n" + good + "r\tx\n",
		"too long":       ledgerHead + "\n" + strings.TrimSuffix(good, "\n") + "\tmore\n",
		"too short":      ledgerHead + "\n" + strings.Replace(good, "\t\ttext", "", 1),
		"no decision":    ledgerHead + "\n" + strings.Replace(good, "\tt\t", "\tq\t", 1),
		"an empty line":  ledgerHead + "\n\n",
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "1-1-0"+ledgerEnd)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := ReadLedger(dir)
		require.ErrorContains(t, err, path, name)
	}
	_, err := ReadLedger(filepath.Join(t.TempDir(), "nowhere"))
	require.ErrorIs(t, err, os.ErrNotExist)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "1-1-0"+ledgerEnd), []byte(ledgerHead+"\n"+good+good), 0o600))
	for r, err := range Requests(dir) {
		require.NoError(t, err)
		require.Equal(t, Request{At: time.UnixMicro(1700000000000000).UTC(), Key: channel.Key{Account: 3, Campaign: 9,
			Ordinal: 1, Node: 2, Attempt: 1}, Asking: 1, Decision: demo.Taken, Channel: "sms", Address: "+7", Text: "text"}, r)
		break // a reader may stop
	}
}

// Not parallel, so that only its own goroutines run.
func TestDriverLeavesNoGoroutine(t *testing.T) { //nolint:paralleltest // it counts the goroutines of the whole process
	ignore := goleak.IgnoreCurrent()
	d := open(t, t.TempDir(), profile(t, "lifelike"), &box{})
	d.Send(t.Context(), messages(0, 1000, "viber"))
	require.NoError(t, d.Close())
	goleak.VerifyNone(t, ignore)
}
