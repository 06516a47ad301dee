package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/api"
	"kaskad/api/v1"
	"kaskad/engine/access"
	"kaskad/engine/campaign"
	"kaskad/engine/expression"
	"kaskad/engine/ids"
	"kaskad/engine/run"
	"kaskad/engine/store/accounts"
	"kaskad/engine/store/campaigns"
	"kaskad/engine/store/contacts"
	"kaskad/engine/store/tasks"
)

// byHTTP enters through the interface, as a shop's program does: a request for each, by a token, over the network.
func byHTTP(w *world, entrance *run.Entrance) enter {
	handler, token := w.office(entrance)
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(w, err)
	server := api.Server("", handler)
	go func() { _ = server.Serve(socket) }() // ends with the test
	w.Cleanup(func() { _ = server.Close() })
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: entriesAt}, Timeout: 10 * time.Second}
	address := fmt.Sprintf("http://%s%s/campaigns/%d/entries", socket.Addr(), v1.Base, w.key.Campaign)
	return func(ctx context.Context, i int) (int64, error) {
		body := fmt.Appendf(nil, `{"recipients": [{"contact": "%d", "data": {"order": %d}, "key": "order %d"}]}`, w.people[i], i, i)
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := client.Do(request)
		if err != nil {
			return 0, err
		}
		defer response.Body.Close()
		var got campaign.EntryResult
		if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
			return 0, err
		}
		if response.StatusCode != http.StatusOK || got.Entered != 1 {
			return 0, fmt.Errorf("status %d: %+v", response.StatusCode, got)
		}
		return *got.Recipients[0].Recipient, nil
	}
}

// office is the interface on the world's database, as far as entries need it, with a token for it.
func (w *world) office(entrance *run.Entrance) (h http.Handler, token string) {
	var last atomic.Int64
	last.Store(1 << 40)
	newID := func() ids.ID { return ids.ID(last.Add(1)) }
	desk, log := w.store.Desk(), slog.New(slog.DiscardHandler)
	keeper, err := accounts.New(desk, time.Now, newID)
	require.NoError(w, err)
	door := &access.Door{Keeper: keeper, Clock: time.Now, Random: rand.Reader}
	token, prefix, digest, err := door.NewToken()
	require.NoError(w, err)
	require.NoError(w, keeper.MakeToken(w.Context(), &access.Principal{Actor: access.System(ids.ID(account)), Scopes: access.ScopesOf(access.Owner)},
		&access.Token{Name: "shop", Prefix: prefix, Scopes: []access.Scope{access.EnterCampaigns}}, digest))
	background, err := tasks.New(w.Context(), desk, tasks.Options{Clock: time.Now, NewID: newID, Log: log})
	require.NoError(w, err)
	w.Cleanup(background.Close)
	people, err := contacts.New(desk, contacts.Options{Parse: expression.ParseFilter, Clock: time.Now, NewID: newID, Tasks: background})
	require.NoError(w, err)
	store, err := campaigns.New(campaigns.Options{Store: w.store, Select: people, Zones: people, Takers: people, Tasks: background, Compile: compile,
		NewID: newID, Seed: mathrand.Uint64, Connections: []string{connection}, Entrance: entrance})
	require.NoError(w, err)
	h, err = api.New(api.Options{Version: "bench", Clock: time.Now, Log: log, Stopping: w.Context().Done(), Runtime: func() run.Figures { return run.Figures{} },
		Office: &v1.Options{Clock: time.Now, NewID: newID, Log: log, Parts: v1.Parts{Entrance: door, Campaigns: store, Entries: store}}})
	require.NoError(w, err)
	return h, token
}
