package run

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/channel"
)

// A message that was launched on a server whose last commits are lost, and again on the one that took over, is answered for the
// latter, which has its intent, whoever of the two calls is the first to end.
func TestAnAnswerNamesTheServerOfItsIntent(t *testing.T) {
	t.Parallel()
	var gate chan struct{} // made on the virtual clock
	s := &scriptedSender{limits: channel.Limits{Batch: 2, Concurrent: 2}}
	s.answer = func(ctx context.Context, call int, batch []channel.Message) []channel.Result {
		<-gate
		return accepts(ctx, call, batch)
	}
	inDispatch(t, s, func(*DispatchOptions) { gate = make(chan struct{}) }, func(t *testing.T, d *Dispatcher, got *answers) {
		d.Hand("c", dispatchMessages(0, 2, time.Minute), 11)
		synctest.Wait()
		d.Hand("c", dispatchMessages(1, 1, time.Minute), 12)
		synctest.Wait()
		gate <- struct{}{}
		gate <- struct{}{}
		synctest.Wait()
		servers := map[channel.Key][]int64{}
		for _, a := range got.all() {
			servers[a.Message.Key] = append(servers[a.Message.Key], a.Server)
		}
		require.Equal(t, map[channel.Key][]int64{dispatchKey(0): {11}, dispatchKey(1): {12, 12}}, servers)
	})
}

// slowCaller answers when it is let.
type slowCaller chan string

func (c slowCaller) Call(context.Context, HookRequest) string { return <-c }

// hookStore takes the results of webhooks.
type hookStore struct {
	Store
	mu   sync.Mutex
	list []HookResult
}

func (s *hookStore) SaveHooks(_ context.Context, results []HookResult, _ func(SegmentKey) bool) (Saved, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, results...)
	return Saved{}, nil
}

func TestAWebhooksResultNamesTheServerThatKnowsOfIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, caller, log := &hookStore{}, make(slowCaller), slog.New(slog.DiscardHandler)
		inbox := NewInbox(store, NewRegistry(), log)
		h := NewHooks(caller, inbox, log)
		ctx, cancel := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() { inbox.Run(ctx) })
		work.Go(func() { h.Run(ctx) })
		one, two := HookRequest{Key: dispatchKey(1)}, HookRequest{Key: dispatchKey(2)}
		require.True(t, h.Submit(one, 11))
		require.True(t, h.Submit(two, 11))
		synctest.Wait()
		require.True(t, h.Submit(two, 12), "it is under way, and waited for anew")
		caller <- ""
		caller <- ""
		synctest.Wait()
		require.ElementsMatch(t, []HookResult{{Key: one.Key, Server: 11}, {Key: two.Key, Server: 12}}, store.list)
		cancel()
		work.Wait()
	})
}
