package driver

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/nodes/demo"
)

const childDir = "KASKAD_TEST_DEMO_LEDGER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

// deaf is an inbox that never takes anything.
type deaf struct{}

func (deaf) Receive(ctx context.Context, _ []channel.Report) error {
	<-ctx.Done()
	return ctx.Err()
}

// child sends without end, and prints each answer, until it is killed.
func child(dir string) {
	p, _ := demo.Preset("instant")
	d, err := Open(Options{Profile: p, Connection: "demo", Dir: dir, Inbox: deaf{}, Clock: time.Now})
	if err != nil {
		panic(err)
	}
	out := bufio.NewWriter(os.Stdout)
	for n := 0; ; n += 100 {
		for i, r := range d.Send(context.Background(), messages(n, 100, "sms")) {
			_, _ = out.WriteString(strconv.Itoa(n+i) + " " + r.ProviderID + "\n")
		}
		if err := out.Flush(); err != nil {
			os.Exit(1)
		}
	}
}

// waiting is an inbox that tells when it has so many different messages.
type waiting struct {
	box
	want int
	ids  map[string]bool
	done chan struct{}
}

func (w *waiting) Receive(ctx context.Context, reports []channel.Report) error {
	if err := w.box.Receive(ctx, reports); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	before := len(w.ids)
	for _, r := range reports {
		w.ids[r.ProviderID] = true
	}
	if before < w.want && len(w.ids) >= w.want {
		close(w.done)
	}
	return nil
}

// What a killed process answered is in its ledger, and the next one reports its facts.
func TestLedgerSurvivesTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	pipe, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(pipe)
	answered := map[int]string{}
	read := func() bool {
		if !lines.Scan() {
			return false
		}
		number, id, ok := strings.Cut(lines.Text(), " ")
		n, err := strconv.Atoi(number)
		if ok && err == nil && len(id) == 21 { // the last line may be torn
			answered[n] = id
		}
		return true
	}
	for len(answered) < 5000 {
		require.True(t, read())
	}
	require.NoError(t, cmd.Process.Kill())
	for read() {
	}
	require.Error(t, cmd.Wait(), "it was killed")

	tallies, err := ReadLedger(dir)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(tallies), len(answered))
	for n := range answered {
		require.Equal(t, 1, tallies[key(n)].Sent)
	}
	w := &waiting{want: len(tallies), ids: map[string]bool{}, done: make(chan struct{})}
	d := open(t, dir, profile(t, "instant"), w)
	<-w.done
	for _, id := range answered {
		require.True(t, w.ids[id])
	}
	for _, r := range w.all() {
		require.Equal(t, engine.Delivered, r.Fact)
	}
	require.Equal(t, uint64(len(tallies)), d.Stats().Adopted)
	require.NoError(t, d.Close())
}

func BenchmarkSend(b *testing.B) {
	for _, name := range []string{"instant", "lifelike", `{"preset": "instant", "repeats": true}`} {
		b.Run(name, func(b *testing.B) {
			d := open(b, b.TempDir(), profile(b, name), nobody{})
			batch := messages(0, 1000, "sms")
			b.ReportAllocs()
			for b.Loop() {
				for i := range batch {
					batch[i].Key.Ordinal += 1000
					batch[i].HandBy = time.Now().Add(time.Second)
				}
				d.Send(b.Context(), batch)
			}
			require.NoError(b, d.Close())
		})
	}
}

type nobody struct{}

func (nobody) Receive(context.Context, []channel.Report) error { return nil }
